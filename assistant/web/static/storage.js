// What a tab keeps: its token and messages that are not confirmed yet. It ends with the tab.

/** A value that may be kept in a Storage; where that is blocked, in memory. */
export class Kept {
  constructor(name, empty, storage = "sessionStorage") {
    this.name = name;
    this.storage = storage;
    this.value = empty;
    try {
      const found = JSON.parse(window[storage].getItem(name));
      if (found !== null && typeof found === typeof empty) this.value = found;
    } catch {
      // Nothing was kept, or storage is blocked.
    }
  }

  set(value) {
    this.value = value;
    try {
      window[this.storage].setItem(this.name, JSON.stringify(value));
    } catch {
      // The page goes on without: a reload would begin a new conversation.
    }
  }
}
