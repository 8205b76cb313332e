/** Entry point of the inference process. Its parent forks it and talks to it over the IPC channel. */
import { ModelHost } from "./model-host.ts";
import type { FromChild, ToChild } from "./protocol.ts";

// A terminal sends Ctrl-C and its own end to every process of the group, and a service manager sends SIGTERM so. The parent
// decides what they mean, and ends this process.
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => {});
// The parent is gone, perhaps killed: nobody waits for an answer.
process.on("disconnect", () => process.exit(0));

const host = new ModelHost((message: FromChild) => {
  // The callback swallows the error of a channel that closed meanwhile: "disconnect" follows.
  process.send?.(message, undefined, undefined, () => {});
});
process.on("message", (message: ToChild) => host.receive(message));
