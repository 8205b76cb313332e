import { ServiceError } from "../service-error.ts";

const MAX_WRONG_KEYS = 30;
const WINDOW_MS = 60_000;
/** A few hundred bytes each. Beyond it the address that has been silent for longest is forgotten. */
const MAX_ADDRESSES = 10_000;

interface Address {
  wrongKeys: number;
  windowEndsAtMs: number;
  /** Whose keys have been good here before. */
  readonly holders: Set<string>;
}

/** Bounds how fast keys can be guessed from one address. */
export interface KeyAttempts {
  /**
   * Notes a good key.
   *
   * @throws ServiceError `rate-limited` where the address has guessed too often, and this key has not come from there before: those
   * who share an address with a client that has a wrong key are not locked out, and a guess is not told to be right.
   */
  accept(address: string, holder: string): void;
  /** Notes a wrong key. @throws ServiceError `rate-limited`. */
  refuse(address: string): void;
}

export function createKeyAttempts(now: () => number = Date.now): KeyAttempts {
  const addresses = new Map<string, Address>();

  function touch(name: string): Address {
    const known = addresses.get(name) ?? { wrongKeys: 0, windowEndsAtMs: 0, holders: new Set() };
    addresses.delete(name);
    addresses.set(name, known);
    for (const oldest of addresses.keys()) {
      if (addresses.size <= MAX_ADDRESSES) break;
      addresses.delete(oldest);
    }
    if (now() >= known.windowEndsAtMs) known.wrongKeys = 0;
    return known;
  }

  function tooOften({ windowEndsAtMs }: Address): ServiceError {
    const retryAfterSeconds = Math.max(1, Math.ceil((windowEndsAtMs - now()) / 1000));
    return new ServiceError("rate-limited", `more than ${MAX_WRONG_KEYS} wrong keys in a minute`, { status: 429, retryAfterSeconds });
  }

  return {
    accept(name, holder) {
      const address = touch(name);
      if (address.holders.has(holder)) return;
      if (address.wrongKeys >= MAX_WRONG_KEYS) throw tooOften(address);
      address.holders.add(holder);
    },
    refuse(name) {
      const address = touch(name);
      if (address.wrongKeys >= MAX_WRONG_KEYS) throw tooOften(address);
      if (address.wrongKeys === 0) address.windowEndsAtMs = now() + WINDOW_MS;
      address.wrongKeys += 1;
    },
  };
}
