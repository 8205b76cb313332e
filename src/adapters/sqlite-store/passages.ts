import type { Passage } from "../../domain/passage.ts";
import type { PassageStore } from "../../ports/passage-store.ts";
import type { Connection } from "./connection.ts";

type PassageMethods = Pick<PassageStore, "passagesOfVectors" | "passagesById" | "passagesOfDocument">;

export const PASSAGE_COLUMNS =
  "p.id, p.vector_id, d.path, p.start_line, p.end_line, p.page, p.row_number, p.headings, p.text";

export interface PassageRow {
  readonly id: number;
  readonly vector_id: number;
  readonly path: string;
  readonly start_line: number;
  readonly end_line: number;
  readonly page: number | null;
  readonly row_number: number | null;
  readonly headings: string;
  readonly text: string;
}

export function createPassageMethods({ prepare }: Connection): PassageMethods {
  // CROSS JOIN keeps the order from the few wanted ids to their rows, whatever the statistics say.
  const passagesBy = (column: "id" | "vector_id", ids: readonly number[]): Passage[] => {
    const select = prepare(
      `SELECT ${PASSAGE_COLUMNS} FROM (SELECT DISTINCT value FROM json_each(?)) AS wanted
       CROSS JOIN passages AS p ON p.${column} = wanted.value
       CROSS JOIN documents AS d ON d.id = p.document_id`,
    );
    return (select.all(JSON.stringify(ids)) as PassageRow[]).map(passageOf);
  };
  return {
    passagesOfVectors: (vectorIds) => passagesBy("vector_id", vectorIds),
    passagesById: (ids) => passagesBy("id", ids),
    passagesOfDocument(path) {
      // Passages are saved in reading order, so their ids are in it.
      const select = prepare(
        `SELECT ${PASSAGE_COLUMNS} FROM documents AS d JOIN passages AS p ON p.document_id = d.id
         WHERE d.path = ? ORDER BY p.id`,
      );
      return (select.all(path) as PassageRow[]).map(passageOf);
    },
  };
}

export function passageOf(row: PassageRow): Passage {
  return {
    id: row.id,
    vectorId: row.vector_id,
    path: row.path,
    location: {
      startLine: row.start_line,
      endLine: row.end_line,
      ...(row.page !== null && { page: row.page }),
      ...(row.row_number !== null && { row: row.row_number }),
    },
    headings: JSON.parse(row.headings) as string[],
    text: row.text,
  };
}
