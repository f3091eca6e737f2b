import { z } from 'zod';
import { shopOperations, type ShopOperation } from '../../../src/core/commerce.ts';
import type { Json } from './literals.ts';

interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly enum?: readonly Json[];
  readonly const?: Json;
  readonly anyOf?: readonly Schema[];
}

/** An answer of an operation with every field of its shape filled, and lists of one. */
export function exampleOf(operation: ShopOperation): Json {
  const schema = z.toJSONSchema(shopOperations[operation].output, { io: 'output', unrepresentable: 'any' });
  return fill(schema as Schema, operation);
}

function fill(schema: Schema, field: string): Json {
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0] ?? null;
  if (schema.anyOf) {
    const best = schema.anyOf.find(({ type }) => type !== 'null') ?? schema.anyOf[0];
    return best ? fill(best, field) : null;
  }
  switch (schema.type) {
    case 'object': {
      const filled = Object.entries(schema.properties ?? {}).map(([key, inner]) => [key, fill(inner, key)] as const);
      // Shapes that the interface leaves to the shop have an id and a status at least.
      return Object.fromEntries(filled.length > 0 ? filled : [['id', 'X1'], ['status', 'requested']]);
    }
    case 'array':
      return schema.items ? [fill(schema.items, field)] : [];
    case 'integer':
    case 'number':
      return 1;
    case 'boolean':
      return true;
    case 'string':
      return textFor(field);
    default:
      // Times that are changed on the way in have no type in the schema.
      return timeField.test(field) ? textFor(field) : null;
  }
}

/** Names of fields that hold a moment. */
const timeField = /(?:At|By|until|from|Start|End)$/i;

function textFor(field: string): string {
  if (timeField.test(field)) return '2026-06-15T12:00:00Z';
  if (field === 'at') return '2026-06-09T12:00:00Z';
  if (field === 'amount') return '12.50';
  if (field === 'currency') return 'USD';
  return /id$/i.test(field) ? 'X1' : 'example';
}
