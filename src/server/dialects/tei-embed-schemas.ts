import { Type } from "typebox";
import { ServiceError } from "../service-error.ts";
import type { Side } from "./embedding-side.ts";
import { readSide } from "./embedding-side.ts";
import { optionalBoolean, optionalString } from "./rerank-fields.ts";

export const TEI_ERROR = Type.Object(
  { error: Type.String(), error_type: Type.String({ description: "Validation, Empty, Backend, Overloaded, Unhealthy, ..." }) },
  { description: "Error", examples: [{ error: "`inputs` cannot be empty", error_type: "Empty" }] },
);

export const TEI_ERRORS = { "4xx": TEI_ERROR, "5xx": TEI_ERROR } as const;

/** What TEI's --auto-truncate is by default since 1.9: texts are cut where a request does not say otherwise. */
export const AUTO_TRUNCATE = true;

/** What /embed and /similarity say about how texts are read. */
export const READING = {
  prompt_name: optionalString("query or passage; passage where nothing is said"),
  truncate: optionalBoolean("Whether a text that is longer than the model reads is cut, which X-Truncated-Inputs tells; absent or null: true; false: it is refused"),
  truncation_direction: Type.Optional(
    Type.Unsafe<string | null>({ type: ["string", "null"], enum: ["Right", "right", "Left", "left", null], description: "Texts are cut at their end: Left is refused where a text may be cut" }),
  ),
};

interface Reading {
  readonly prompt_name?: string | null;
  readonly truncate?: boolean | null;
  readonly truncation_direction?: string | null;
}

/** @throws ServiceError `invalid`. */
export function readReading({ prompt_name = null, truncate, truncation_direction }: Reading): { readonly side: Side; readonly mayTruncate: boolean } {
  const mayTruncate = truncate ?? AUTO_TRUNCATE;
  if (mayTruncate && truncation_direction?.toLowerCase() === "left") {
    throw new ServiceError("invalid", "texts are cut at their end here: truncation_direction Left cannot be had", { param: "truncation_direction" });
  }
  return { side: readSide({ prompt_name }), mayTruncate };
}
