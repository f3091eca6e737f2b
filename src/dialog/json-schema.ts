import { z } from 'zod';
import { flowFileSchema } from './schema.ts';

/** The JSON Schema of a flow's file, as text, for editors. */
export function flowJsonSchema(): string {
  const schema = z.toJSONSchema(flowFileSchema, { io: 'input', target: 'draft-7' });
  return `${JSON.stringify(schema, null, 2)}\n`;
}
