// Pages with an inbox on them, each as its client's documentation has it.

import { Inbox, SuprSendProvider } from "@suprsend/react";
import LegacyInbox from "@suprsend/js-inbox";
import { createElement } from "react";
import { createRoot } from "react-dom/client";
import SuprSendInbox from "@suprsend/react-inbox";

const TABS = [
  { id: "all", label: "All" },
  { id: "unread", label: "Unread", query: { read: false } },
];
const stores = TABS.map(({ id, label, query }) => ({ storeId: id, label, query }));
const Bell = () => <span className="bell">bell</span>;
const Badge = ({ count }) => <b className="badge">{count}</b>;

function Card({ data, read, archive }) {
  return (
    <div className="card">
      <p>{data.message.text}</p>
      <button className="read" onClick={read}>read</button>
      <button className="archive" onClick={archive}>archive</button>
    </div>
  );
}

const pages = {
  widget(task) {
    const inbox = document.createElement("suprsend-inbox");
    Object.assign(inbox, { tabs: TABS, refreshToken: async () => task.token });
    const attributes = { host: task.base_url, "public-key": task.public_key, "distinct-id": task.person, token: task.soon };
    Object.entries(attributes).forEach(([name, value]) => inbox.setAttribute(name, value));
    document.body.append(inbox);
    const script = document.createElement("script");
    script.src = `${task.base_url}/inbox/inbox.js`;
    document.head.append(script);
  },
  react(task) {
    render(
      <SuprSendProvider publicApiKey={task.public_key} distinctId={task.person} userToken={task.soon}
        refreshUserToken={async () => task.token} host={task.base_url}>
        <Inbox host={{ apiHost: task.base_url, socketHost: task.base_url }} stores={stores} bellComponent={Bell}
          badgeComponent={Badge} notificationComponent={({ notificationData, markAsRead, markAsArchived }) => (
            <Card data={notificationData} read={markAsRead} archive={markAsArchived} />)} />
      </SuprSendProvider>,
    );
  },
  "react-inbox"(task) {
    const host = { apiHost: task.base_url, socketHost: task.base_url, collectorHost: task.base_url };
    render(
      <SuprSendInbox workspaceKey={task.workspace_key} distinctId={task.person} subscriberId={task.subscriber_id}
        host={host} stores={stores} bellComponent={Bell} badgeComponent={Badge}
        notificationComponent={({ notificationData, markRead, markArchived }) => (
          <Card data={notificationData} read={markRead} archive={markArchived} />)} />,
    );
  },
  "js-inbox"(task) {
    const host = { apiHost: task.base_url, socketHost: task.base_url, collectorHost: task.base_url };
    const client = new LegacyInbox(task.workspace_key, { host, stores });
    client.identifyUser(task.person, task.subscriber_id);
    window.arrived = [];
    client.emitter.on("new_notification", (each) => window.arrived.push(each));
    client.feed.fetchNotifications();
    client.feed.getNotificationsCount();
    window.client = client;
  },
};

function render(element) {
  const place = document.createElement("div");
  document.body.append(place);
  createRoot(place).render(element);
}

window.show = (task) => pages[task.page](task);
