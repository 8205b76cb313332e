/** What is said of a file, with its path in front unless that is how it begins. Not yet safe for a terminal. */
export function fileLine(path: string, text: string): string {
  return text.startsWith(path) ? text : `${path}: ${text}`;
}
