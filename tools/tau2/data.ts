import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { KefuError } from '../../src/core/errors.ts';

/**
 * The shapes of tau2-bench's retail data, as its own files have them: prices are numbers in dollars, one entry of `items` is one
 * piece, and what was done to an order stands in its status. Fields that are not named here are kept.
 */

const addressSchema = z.strictObject({
  address1: z.string(),
  address2: z.string(),
  city: z.string(),
  country: z.string(),
  state: z.string(),
  zip: z.string(),
});
export type Tau2Address = z.infer<typeof addressSchema>;

const paymentMethodSchema = z.object({
  source: z.string(),
  id: z.string(),
  brand: z.string().optional(),
  last_four: z.string().optional(),
  balance: z.number().optional(),
});
export type Tau2PaymentMethod = z.infer<typeof paymentMethodSchema>;

const userSchema = z.object({
  user_id: z.string(),
  name: z.object({ first_name: z.string(), last_name: z.string() }),
  address: addressSchema,
  email: z.string(),
  payment_methods: z.record(z.string(), paymentMethodSchema),
  orders: z.array(z.string()),
});
export type Tau2User = z.infer<typeof userSchema>;

const variantSchema = z.object({
  item_id: z.string(),
  options: z.record(z.string(), z.string()),
  available: z.boolean(),
  price: z.number(),
});
export type Tau2Variant = z.infer<typeof variantSchema>;

const productSchema = z.object({
  name: z.string(),
  product_id: z.string(),
  variants: z.record(z.string(), variantSchema),
});
export type Tau2Product = z.infer<typeof productSchema>;

const itemSchema = z.object({
  name: z.string(),
  product_id: z.string(),
  item_id: z.string(),
  price: z.number(),
  options: z.record(z.string(), z.string()),
});
export type Tau2Item = z.infer<typeof itemSchema>;

const orderSchema = z.object({
  order_id: z.string(),
  user_id: z.string(),
  address: addressSchema,
  items: z.array(itemSchema),
  status: z.string(),
  fulfillments: z.array(z.object({ tracking_id: z.array(z.string()), item_ids: z.array(z.string()) })),
  payment_history: z.array(
    z.object({ transaction_type: z.string(), amount: z.number(), payment_method_id: z.string() }),
  ),
  cancel_reason: z.string().optional(),
  return_items: z.array(z.string()).optional(),
  return_payment_method_id: z.string().optional(),
  exchange_items: z.array(z.string()).optional(),
  exchange_new_items: z.array(z.string()).optional(),
  exchange_payment_method_id: z.string().optional(),
  exchange_price_difference: z.number().optional(),
});
export type Tau2Order = z.infer<typeof orderSchema>;

export const tau2DataSchema = z.object({
  products: z.record(z.string(), productSchema),
  users: z.record(z.string(), userSchema),
  orders: z.record(z.string(), orderSchema),
});
/** The whole state of the shop: what a task's end is compared by. */
export type Tau2Data = z.infer<typeof tau2DataSchema>;

const text = z
  .string()
  .nullish()
  .transform((value) => value ?? '');
export const tau2TaskSchema = z.object({
  id: z.string(),
  user_scenario: z.object({
    instructions: z.object({
      task_instructions: text,
      reason_for_call: text,
      known_info: text,
      unknown_info: text,
    }),
  }),
  evaluation_criteria: z.object({
    actions: z.array(z.object({ name: z.string(), arguments: z.record(z.string(), z.unknown()) })),
  }),
});
/** One caller and what must have happened after the call. */
export type Tau2Task = z.infer<typeof tau2TaskSchema>;

/** Reads the shop's data of a folder such as `tau2_retail`. @throws KefuError `config_invalid` naming the file. */
export function readTau2Data(directory: string): Promise<Tau2Data> {
  return readJson(join(directory, 'db.json'), tau2DataSchema);
}

/** Reads the tasks of the same folder. @throws KefuError `config_invalid` naming the file. */
export function readTau2Tasks(directory: string): Promise<Tau2Task[]> {
  return readJson(join(directory, 'tasks_train.json'), z.array(tau2TaskSchema));
}

async function readJson<Schema extends z.ZodType>(file: string, schema: Schema): Promise<z.output<Schema>> {
  let content: unknown;
  try {
    content = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new KefuError('config_invalid', `${file} cannot be read: ${reason}`, { cause: error });
  }
  const parsed = schema.safeParse(content);
  if (parsed.success) return parsed.data;
  throw new KefuError('config_invalid', `${file} is not in tau2's form: ${z.prettifyError(parsed.error)}`);
}
