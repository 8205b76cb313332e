import { useStdin } from "ink";
import { useEffect } from "react";
import { createKeyDecoder, type Key } from "./decode-keys.ts";

/**
 * Reads the keyboard, raw, while the component is shown. Ink's own `useInput` tells neither Backspace from Delete nor a
 * paste from typing, and throws at keys that it does not know, such as Ctrl-F1 (ink 6.8.0, use-input.js).
 */
export function useKeys(onKeys: (keys: readonly Key[]) => void): void {
  const { stdin } = useStdin();
  useEffect(() => {
    const decoder = createKeyDecoder();
    let timer: NodeJS.Timeout | undefined;
    function take(keys: readonly Key[]): void {
      if (keys.length > 0) onKeys(keys);
    }
    function read(chunk: string | Buffer): void {
      clearTimeout(timer);
      take(decoder.push(String(chunk)));
      const waitMs = decoder.waitMs();
      if (waitMs !== null) timer = setTimeout(() => take(decoder.flush()), waitMs);
    }
    stdin.setEncoding("utf8");
    stdin.setRawMode?.(true);
    stdin.on("data", read);
    stdin.resume();
    return () => {
      clearTimeout(timer);
      stdin.off("data", read);
      stdin.pause();
      stdin.setRawMode?.(false);
    };
  }, [stdin, onKeys]);
}
