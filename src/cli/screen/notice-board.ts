/** Lines for a listener that comes later: nothing that is said meanwhile is lost. */
export interface NoticeBoard {
  tell(line: string): void;
  /** Hears what was said before, too. Ended by what it returns. */
  listen(listener: (line: string) => void): () => void;
}

export function createNoticeBoard(): NoticeBoard {
  const kept: string[] = [];
  const listeners = new Set<(line: string) => void>();
  return {
    tell(line) {
      if (listeners.size === 0) kept.push(line);
      for (const listener of listeners) listener(line);
    },
    listen(listener) {
      listeners.add(listener);
      for (const line of kept.splice(0)) listener(line);
      return () => void listeners.delete(listener);
    },
  };
}
