/** In single quotes, as bash and zsh read them. */
export function shellQuote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** As it is, where no shell would take it for anything else. A leading `=` is a command's place in zsh. */
export function shellWord(text: string): string {
  return /^(?!=)[\w./:+@%,=-]+$/.test(text) ? text : shellQuote(text);
}
