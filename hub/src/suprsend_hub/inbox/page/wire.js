  // Engine.IO 4 and Socket.IO 5 as far as this needs them: open, greet, answer pings, hear events, come back.
  class Wire {
    constructor(host, greeting, hear) {
      Object.assign(this, { host, greeting, hear, wait: RETRY, isOpen: false, isOver: false });
      this.open();
    }
    open() {
      const address = `${this.host.replace(/^http/, "ws")}/socket.io/?EIO=4&transport=websocket`;
      const socket = (this.socket = new WebSocket(address));
      socket.onmessage = ({ data }) => socket === this.socket && this.take(String(data));
      socket.onclose = () => socket === this.socket && this.lost();
      this.listen(20000);
    }
    // Whoever says nothing for so long is not there any more.
    listen(patience) {
      clearTimeout(this.silence);
      this.silence = setTimeout(() => this.drop(), patience);
    }
    take(text) {
      this.listen(this.patience ?? 20000);
      if (text[0] === "0") {
        const { pingInterval, pingTimeout } = JSON.parse(text.slice(1));
        this.patience = pingInterval + pingTimeout;
        this.socket.send(`40${JSON.stringify(this.greeting())}`);
      } else if (text === "2") this.socket.send("3");
      else if (text.startsWith("40")) {
        this.isOpen = true;
        this.wait = RETRY;
        this.hear("connect");
      } else if (text.startsWith("44")) this.refused(JSON.parse(text.slice(2)).message);
      else if (text.startsWith("42")) this.hear(...JSON.parse(text.slice(2)));
    }
    async refused(reason) {
      const mayTryAgain = reason === WRONG_TOKEN && (await this.hear("refused"));
      if (!mayTryAgain) this.close();
      this.drop();
    }
    drop() {
      const socket = this.socket;
      this.socket = null;
      socket?.close();
      this.lost();
    }
    lost() {
      clearTimeout(this.silence);
      clearTimeout(this.again);
      this.isOpen = false;
      if (this.isOver) return;
      this.again = setTimeout(() => this.open(), this.wait * (0.75 + Math.random() / 2));
      this.wait = Math.min(this.wait * 2, LONGEST_RETRY);
    }
    close() {
      this.isOver = true;
      clearTimeout(this.again);
      clearTimeout(this.silence);
      this.socket?.close();
    }
  }

