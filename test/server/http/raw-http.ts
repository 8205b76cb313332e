import { connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { onTestFinished } from "vitest";

/** A connection that is written to by hand. */
export function openSocket(url: string): Socket {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on("error", () => {});
  onTestFinished(() => void socket.destroy());
  return socket;
}

/** Sends bytes as they are, and gives back all that comes until the server closes. */
export async function exchange(url: string, bytes: string): Promise<string> {
  const socket = openSocket(url);
  socket.write(bytes);
  return text(socket);
}

/** The answer's parts: of the first one, where there are several. */
export function parseAnswer(answer: string): { readonly status: number; readonly headers: Record<string, string>; readonly body: any } {
  const end = answer.indexOf("\r\n\r\n");
  const [first = "", ...lines] = answer.slice(0, end).split("\r\n");
  const headers = Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]));
  const body = answer.slice(end + 4);
  return { status: Number(first.split(" ")[1]), headers, body: body === "" ? undefined : JSON.parse(body) };
}

/** A request of one header block, whose connection is closed after the answer. */
export function requestText(method: string, path: string, headers: Readonly<Record<string, string>>, body = ""): string {
  const lines = Object.entries({ Connection: "close", ...(body !== "" && { "Content-Length": String(Buffer.byteLength(body)) }), ...headers }).map(([name, value]) => `${name}: ${value}`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n${body}`;
}
