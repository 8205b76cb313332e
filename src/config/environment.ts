/** Environment variables by name. A test passes its own. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The environment of this process, as it is now. The only place that reads `process.env`. */
export function readEnvironment(): Environment {
  return { ...process.env };
}

/** A variable's value. Empty counts as unset, as shells have it: `RERANK_LIMIT= rerank search ...` takes a value away. */
export function variable(env: Environment, name: string): string | undefined {
  const value = env[name];
  return value === undefined || value.trim() === "" ? undefined : value;
}
