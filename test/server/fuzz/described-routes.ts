import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import type { ServerApp } from "../../../src/server/create-app.ts";
import type { Schema } from "./schema-values.ts";

/** A POST route, as the server's own document describes it. */
export interface DescribedRoute {
  readonly path: string;
  readonly body: Schema;
  /** What the document shows as a request. */
  readonly examples: readonly unknown[];
  /** What is wrong with an answer; empty where it is as described. */
  problemsOf(status: number, answer: unknown): readonly string[];
}

interface Content {
  readonly "application/json"?: { readonly schema?: Schema; readonly example?: unknown; readonly examples?: Readonly<Record<string, { readonly value?: unknown }>> };
}

interface Operation {
  readonly requestBody?: { readonly content?: Content };
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>;
}

/** @param app that is ready. */
export function describedRoutes(app: ServerApp): DescribedRoute[] {
  const { paths = {}, components } = app.swagger() as { readonly paths?: Readonly<Record<string, { readonly post?: Operation }>>; readonly components?: unknown };
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  return Object.entries(paths).flatMap(([path, { post }]) => {
    const content = post?.requestBody?.content?.["application/json"];
    if (post === undefined || content?.schema === undefined) return [];
    const validators = Object.entries(post.responses).flatMap(([status, response]): [string, ValidateFunction][] => {
      const schema = response.content?.["application/json"]?.schema;
      return schema === undefined ? [] : [[status, ajv.compile({ ...schema, components })]];
    });
    const examples = [...(content.example === undefined ? [] : [content.example]), ...Object.values(content.examples ?? {}).map(({ value }) => value)];
    return [
      {
        path,
        body: content.schema,
        examples,
        problemsOf(status, answer) {
          const validate = validatorOf(new Map(validators), status);
          if (validate === undefined || validate(answer)) return [];
          return (validate.errors ?? []).map(({ instancePath, message }) => `${status}${instancePath} ${message}`);
        },
      },
    ];
  });
}

function validatorOf(validators: ReadonlyMap<string, ValidateFunction>, status: number): ValidateFunction | undefined {
  return validators.get(String(status)) ?? validators.get(`${String(status)[0]}XX`);
}
