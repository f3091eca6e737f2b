import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { capabilities, shopOperations, type ShopOperation } from '../../../src/core/commerce.ts';
import { isJsonObject } from '../../../src/commerce/json.ts';
import { problemStatus } from '../../../src/commerce/problems.ts';
import { routeOf } from '../../../src/commerce/routes.ts';

type Json = Record<string, unknown>;

const file = join(import.meta.dirname, '../../../docs/commerce-api.yaml');
const document = parse(readFileSync(file, 'utf8')) as Json;
const operations = Object.keys(shopOperations) as ShopOperation[];

/** The value at a path of keys; undefined when there is none. */
function at(value: unknown, ...keys: string[]): unknown {
  return keys.reduce<unknown>(
    (inner, key) => (isJsonObject(inner) ? resolved(inner)[key] : undefined),
    value,
  );
}

/** The object itself, or the one its `$ref` points to. */
function resolved(value: Json): Json {
  const { $ref } = value;
  if (typeof $ref !== 'string') return value;
  const target = $ref
    .slice(2)
    .split('/')
    .reduce<unknown>((inner, key) => (isJsonObject(inner) ? inner[key] : undefined), document);
  if (!isJsonObject(target)) throw new Error(`${$ref} points to nothing`);
  return resolved(target);
}

const objectAt = (value: unknown, ...keys: string[]): Json => {
  const found = at(value, ...keys);
  return isJsonObject(found) ? resolved(found) : {};
};
const listAt = (value: unknown, ...keys: string[]): unknown[] => {
  const found = at(value, ...keys);
  return Array.isArray(found) ? found : [];
};
const names = (list: unknown[]) => list.map(String).sort();

/** A schema without its null: `anyOf: [X, null]` and `type: [x, null]` become X and x. */
function withoutNull(schema: Json): Json {
  const { anyOf, type } = schema;
  if (Array.isArray(type)) return { ...schema, type: type.find((name) => name !== 'null') };
  if (!Array.isArray(anyOf)) return schema;
  const others = anyOf.filter(isJsonObject).filter((option) => option.type !== 'null');
  return others.length === 1 ? withoutNull(resolved(others[0] ?? {})) : schema;
}

/** Where the document's schema says something else than the zod shape; empty when they agree. */
function differences(shape: Json, described: Json, path: string): string[] {
  const wanted = withoutNull(shape);
  const given = withoutNull(resolved(described));
  // `z.json()` takes anything, and so must the document.
  if ('$ref' in wanted || (Array.isArray(wanted.anyOf) && !('type' in wanted))) {
    return 'type' in given ? [`${path}: the document narrows what may be anything`] : [];
  }
  if ('anyOf' in given && wanted.type === 'string') return [];
  if (wanted.type !== given.type) return [`${path}: ${String(given.type)} instead of ${String(wanted.type)}`];
  const found: string[] = [];
  for (const list of ['required', 'enum']) {
    const [left, right] = [names(listAt(wanted, list)), names(listAt(given, list))];
    if (left.join() !== right.join())
      found.push(`${path}: ${list} is ${right.join()} instead of ${left.join()}`);
  }
  for (const [name, inner] of Object.entries(objectAt(wanted, 'properties'))) {
    const described = at(given, 'properties', name);
    if (isJsonObject(inner) && isJsonObject(described))
      found.push(...differences(inner, described, `${path}.${name}`));
    else found.push(`${path}.${name} is missing in the document`);
  }
  const items = at(wanted, 'items');
  if (isJsonObject(items)) found.push(...differences(items, objectAt(given, 'items'), `${path}[]`));
  return found;
}

const described = (name: ShopOperation) => {
  const { method, path } = routeOf(name);
  return {
    item: objectAt(document, 'paths', path),
    operation: objectAt(document, 'paths', path, method.toLowerCase()),
  };
};
const parameters = (name: ShopOperation) => {
  const { item, operation } = described(name);
  return [...listAt(item, 'parameters'), ...listAt(operation, 'parameters')]
    .filter(isJsonObject)
    .map(resolved);
};
const inputShape = (name: ShopOperation) =>
  z.toJSONSchema(shopOperations[name].input, { io: 'input' }) as Json;

describe('docs/commerce-api.yaml', () => {
  it('is a valid OpenAPI 3.1 document', async () => {
    const validator = new Validator();
    const result = await validator.validate(file);
    expect(result.errors).toBeUndefined();
    expect(result.valid).toBe(true);
    expect(validator.version).toBe('3.1');
  });

  it('describes exactly the operations of the table', () => {
    const found = Object.entries(objectAt(document, 'paths')).flatMap(([path, item]) =>
      ['get', 'put', 'post', 'delete', 'patch']
        .map((method) => [method, at(item, method, 'operationId')] as const)
        .filter(([, id]) => id !== undefined)
        .map(([method, id]) => `${method.toUpperCase()} ${path} ${String(id)}`),
    );
    const wanted = operations.map((name) => `${routeOf(name).method} ${routeOf(name).path} ${name}`);
    expect(found.sort()).toEqual(wanted.sort());
  });

  it('names the capability of each operation, and all capabilities', () => {
    for (const name of operations) {
      expect(described(name).operation['x-capability'] ?? null, name).toBe(shopOperations[name].capability);
    }
    const [known] = listAt(document, 'components', 'schemas', 'Capability', 'anyOf');
    expect(names(listAt(known, 'enum'))).toEqual([...capabilities].sort());
  });

  it("names every problem code, each operation's codes under a status that it answers with", () => {
    const [known] = listAt(document, 'components', 'schemas', 'ProblemCode', 'anyOf');
    expect(names(listAt(known, 'enum'))).toEqual(Object.keys(problemStatus).sort());
    for (const name of operations) {
      const { operation } = described(name);
      for (const code of listAt(operation, 'x-problem-codes').map(String)) {
        const status = problemStatus[code as keyof typeof problemStatus];
        expect(Object.keys(objectAt(operation, 'responses')), `${name} ${code}`).toContain(String(status));
      }
    }
  });

  it('asks for an idempotency key on every write, and on nothing else', () => {
    for (const name of operations) {
      const header = parameters(name).find((parameter) => parameter.name === 'Idempotency-Key');
      expect(header?.required === true, name).toBe(shopOperations[name].write);
    }
  });

  it('has the path and query parameters of the table', () => {
    for (const name of operations) {
      const route = routeOf(name);
      const inPath = parameters(name).filter((parameter) => parameter.in === 'path');
      const inQuery = parameters(name).filter((parameter) => parameter.in === 'query');
      const wantedInPath = [...route.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '');
      expect(
        inPath.map((parameter) => parameter.name),
        name,
      ).toEqual(wantedInPath);
      expect(names(inQuery.map((parameter) => parameter.name)), name).toEqual(
        [...(route.query ?? [])].sort(),
      );
    }
  });

  it.each(operations)('describes the answer to %s as the table does', (name) => {
    const shape = z.toJSONSchema(shopOperations[name].output) as Json;
    const schema = objectAt(
      described(name).operation,
      'responses',
      '200',
      'content',
      'application/json',
      'schema',
    );
    expect(Object.keys(schema)).not.toEqual([]);
    expect(differences(shape, schema, name)).toEqual([]);
  });

  it.each(operations.filter((name) => routeOf(name).body !== undefined))(
    'describes the body of %s as the table does',
    (name) => {
      const { body, path } = routeOf(name);
      const schema = objectAt(
        described(name).operation,
        'requestBody',
        'content',
        'application/json',
        'schema',
      );
      const shape = inputShape(name);
      if (body === 'address') {
        expect(differences(objectAt(shape, 'properties', 'address'), schema, name)).toEqual([]);
        return;
      }
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '');
      const properties = Object.entries(objectAt(shape, 'properties')).filter(
        ([field]) => !inPath.includes(field),
      );
      const required = listAt(shape, 'required').filter((field) => !inPath.includes(String(field)));
      expect(
        differences({ type: 'object', properties: Object.fromEntries(properties), required }, schema, name),
      ).toEqual([]);
    },
  );

  it('would be caught lacking a required field', () => {
    const shape = z.toJSONSchema(z.object({ id: z.string(), note: z.string().nullish() })) as Json;
    const good = {
      type: 'object',
      required: ['id'],
      properties: { id: { type: 'string' }, note: { type: ['string', 'null'] } },
    };
    expect(differences(shape, good, 'x')).toEqual([]);
    expect(differences(shape, { ...good, required: [] }, 'x')).toEqual(['x: required is  instead of id']);
    expect(differences(shape, { ...good, properties: { id: { type: 'string' } } }, 'x')).toEqual([
      'x.note is missing in the document',
    ]);
  });
});
