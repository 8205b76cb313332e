import { readdir } from "node:fs/promises";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { Counter, Gauge, type Registry } from "prom-client";

/**
 * The process under the names that Prometheus' clients share. prom-client has them too, but its monitors are never switched
 * off, and each server of a test would leave one behind.
 *
 * @returns ends what is measured between two readings.
 */
export function addProcessMetrics(registry: Registry): () => void {
  const registers = [registry];
  const gauge = (name: string, help: string, read: () => number | Promise<number>): void => {
    void new Gauge({
      name,
      help,
      registers,
      async collect() {
        this.set(await read());
      },
    });
  };
  void new Counter({
    name: "process_cpu_seconds_total",
    help: "Processor time of this process, without those of the models",
    registers,
    collect() {
      const { user, system } = process.cpuUsage();
      this.reset();
      this.inc((user + system) / 1e6);
    },
  });
  const startedAt = Math.round(Date.now() / 1000 - process.uptime());
  gauge("process_start_time_seconds", "Start of this process, in seconds since 1970", () => startedAt);
  gauge("process_resident_memory_bytes", "Memory of this process, without those of the models", () => process.memoryUsage.rss());
  gauge("nodejs_heap_size_used_bytes", "Heap in use", () => process.memoryUsage().heapUsed);
  if (process.platform === "linux") gauge("process_open_fds", "Open files and sockets", async () => (await readdir("/proc/self/fd")).length);
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  // Before the first sample there is none, and the mean of nothing is NaN.
  const seconds = (nanoseconds: number): number => (Number.isFinite(nanoseconds) && delay.count > 0 ? nanoseconds / 1e9 : 0);
  gauge("nodejs_eventloop_lag_p50_seconds", "Delay of timers since the start: half of them", () => seconds(delay.percentile(50)));
  gauge("nodejs_eventloop_lag_p99_seconds", "Delay of timers since the start: 99 of 100", () => seconds(delay.percentile(99)));
  return () => void delay.disable();
}
