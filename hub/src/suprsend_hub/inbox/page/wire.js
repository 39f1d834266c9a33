  // Engine.IO 4 and Socket.IO 5 as far as this needs them: open, greet, answer pings, hear events, come back.
  class Wire {
    constructor(host, greeting, hear) {
      Object.assign(this, { host, greeting, hear, wait: RETRY, patience: 20000, isOpen: false, isOver: false });
      this.open();
    }
    open() {
      const place = this.host.replace(/^http/, "ws");
      const socket = (this.socket = new WebSocket(`${place}/socket.io/?EIO=4&transport=websocket`));
      socket.onmessage = ({ data }) => socket === this.socket && this.take(String(data));
      socket.onclose = () => socket === this.socket && this.lost();
      this.listen();
    }
    // Whoever says nothing for so long is not there any more.
    listen() {
      clearTimeout(this.silence);
      this.silence = setTimeout(() => this.drop(), this.patience);
    }
    take(text) {
      this.listen();
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
      const mayTryAgain = reason === "Authentication Error: wrong auth token" && (await this.hear("refused"));
      if (mayTryAgain) this.drop();
      else this.close();
    }
    drop() {
      const { socket } = this;
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
      this.drop();
    }
  }

