-- Whoever has an address, in any case, is found by it in the console.
create index identity_address on identity (md5(lower(value)));
