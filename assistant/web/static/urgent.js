// Words that may mean an emergency, for the time in which no screen can be asked.

const plain = (text) => text.toLowerCase().normalize("NFKC").replace(/[’‘`´]/g, "'").replace(/\s+/g, " ");

/** Whether a message that was not sent holds a word of the list; it is quick to say yes. */
export function soundsUrgent(text, list) {
  const words = ` ${plain(text)}`;
  return list.some((one) => new RegExp(`[^a-z0-9]${one.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}`).test(words));
}
