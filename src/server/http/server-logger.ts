import { pino, stdTimeFunctions, type LogFn, type Logger } from "pino";
import { PinoPretty } from "pino-pretty";

export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";

export interface LoggerOptions {
  readonly level: LogLevel;
  /** Where lines go: stderr, since stdout is for data. */
  readonly stream: NodeJS.WritableStream;
  /** Lines for people, rather than JSON for programs. */
  readonly isTerminal: boolean;
  /** By default, on a terminal. */
  readonly isColored?: boolean;
}

export type ServerLogger = Logger;

/**
 * The log of a server. Lines are written at once: the last one before a crash is the one that is wanted.
 *
 * Nobody logs an address with its query, but fastify's own warnings may quote one: keys in it are blotted out.
 */
export function createServerLogger({ level, stream, isTerminal, isColored = isTerminal }: LoggerOptions): ServerLogger {
  const options = {
    level,
    // The process and the machine are the same in every line, and whoever collects logs adds them.
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    hooks: {
      streamWrite: withoutTokens,
      logMethod(args: Parameters<LogFn>, method: LogFn) {
        if (args.length > 1 || (args[0] as unknown) !== "") method.apply(this, args);
      },
    },
  };
  if (!isTerminal) return pino(options, stream);
  return pino(options, PinoPretty({ destination: stream, sync: true, colorize: isColored, singleLine: true, translateTime: "SYS:HH:MM:ss.l" }));
}

function withoutTokens(line: string): string {
  return line.includes("access_token") ? line.replace(/(access_token=)[^&\s"'\\]*/g, "$1[key]") : line;
}
