import { z } from 'zod';

/**
 * The shop's interface: shapes, problems and operations (see docs/commerce-api.yaml). Unknown fields of an answer are ignored.
 * Times are RFC 3339 strings, amounts decimal strings.
 */

export const moneySchema = z.object({
  amount: z.string().regex(/^-?\d+(\.\d+)?$/),
  currency: z.string().length(3),
});
export type Money = z.infer<typeof moneySchema>;

export const addressSchema = z.object({
  line1: z.string(),
  line2: z.string().nullish(),
  city: z.string(),
  state: z.string().nullish(),
  country: z.string(),
  postalCode: z.string(),
});
export type Address = z.infer<typeof addressSchema>;

export const paymentMethodSchema = z.object({
  id: z.string(),
  kind: z.string(), // credit_card, paypal, gift_card, alipay, wechat_pay; a shop may have more.
  brand: z.string().nullish(),
  last4: z.string().nullish(),
  balance: moneySchema.nullish(),
});
export type PaymentMethod = z.infer<typeof paymentMethodSchema>;

export const customerSchema = z.object({
  id: z.string(),
  name: z.object({ first: z.string(), last: z.string() }),
  emails: z.array(z.string()),
  phones: z.array(z.string()),
  address: addressSchema,
  paymentMethods: z.array(paymentMethodSchema),
  language: z.string().nullish(),
  tier: z.string().nullish(),
});
export type Customer = z.infer<typeof customerSchema>;

export const paymentSchema = z.object({
  id: z.string(),
  method: z.string(),
  amount: moneySchema,
  status: z.string(),
  at: z.string(),
});
export type Payment = z.infer<typeof paymentSchema>;

export const orderStatuses = ['pending', 'processed', 'shipped', 'delivered', 'cancelled'] as const;
export const orderItemSchema = z.object({
  itemId: z.string(),
  productId: z.string(),
  name: z.string(),
  quantity: z.number().int().positive(),
  price: moneySchema,
  options: z.record(z.string(), z.string()),
});
export const orderSchema = z.object({
  id: z.string(),
  customerId: z.string(),
  placedAt: z.string(),
  status: z.enum(orderStatuses),
  flags: z.array(z.string()),
  address: addressSchema,
  items: z.array(orderItemSchema),
  payments: z.array(z.json()),
});
export type Order = z.infer<typeof orderSchema>;

export const shipmentSchema = z.object({
  id: z.string(),
  carrier: z.string(),
  trackingNumber: z.string(),
  status: z.string(),
  itemIds: z.array(z.string()),
  estimatedAt: z.string().nullish(),
  events: z.array(z.object({ at: z.string(), place: z.string(), text: z.string() })),
});
export type Shipment = z.infer<typeof shipmentSchema>;

export const productSchema = z.object({
  id: z.string(),
  name: z.string(),
  variants: z.array(
    z.object({
      itemId: z.string(),
      options: z.record(z.string(), z.string()),
      price: moneySchema,
      available: z.boolean(),
    }),
  ),
});
export type Product = z.infer<typeof productSchema>;

export const quoteKinds = ['return', 'exchange', 'item-change', 'cancel'] as const;
export const quoteSchema = z.object({
  eligible: z.boolean(),
  code: z.string().nullish(),
  direction: z.enum(['charge', 'refund', 'none']),
  lines: z.array(z.object({ itemId: z.string(), amount: moneySchema })),
  total: moneySchema.nullish(),
  fees: z.json().optional(),
  refundOptions: z.array(z.string()).nullish(),
  window: z.object({ until: z.string().nullish() }).nullish(),
});
export type Quote = z.infer<typeof quoteSchema>;

export const returnSchema = z.looseObject({
  id: z.string(),
  status: z.string(),
  refund: z
    .object({
      status: z.string(),
      amount: moneySchema,
      to: z.string(),
      expectedBy: z.string().nullish(),
    })
    .nullish(),
});
export type Return = z.infer<typeof returnSchema>;

/** Answers whose shape the interface leaves to the shop beyond an id: kept whole. */
export const looseSchema = z.looseObject({});

export const capabilities = [
  'customers',
  'customer-address',
  'orders',
  'products',
  'quotes',
  'cancel',
  'address',
  'payment',
  'item-changes',
  'returns',
  'exchanges',
  'shipments',
  'expedite',
  'pickups',
  'invoice',
  'price-protection',
  'coupons',
  'payments',
  'verifications',
] as const;
export type Capability = (typeof capabilities)[number];

/** A refusal by the shop, as data: the dialog branches on `code` and has a sentence for each. */
export class ShopProblem extends Error {
  /** HTTP status of the problem. */
  readonly status: number;
  /** Stable code such as `order_not_found`. */
  readonly code: string;
  /** The shop's own words; not fit for callers. */
  readonly detail: string | undefined;

  constructor(status: number, code: string, detail?: string) {
    super(`The shop answered ${String(status)} ${code}${detail === undefined ? '' : `: ${detail}`}`);
    this.name = 'ShopProblem';
    this.status = status;
    this.code = code;
    this.detail = detail;
  }
}

const orderId = z.object({ orderId: z.string() });
const customerId = z.object({ customerId: z.string() });
const variantChange = z.object({ itemId: z.string(), newItemId: z.string() });

const operation = <Input extends z.ZodType, Output extends z.ZodType>(
  write: boolean,
  capability: Capability | null,
  input: Input,
  output: Output,
  needsYes = write,
) => ({ write, capability, input, output, needsYes });

/**
 * Every operation of the shop: whether it writes (and so needs an idempotency key), the capability it belongs to, the shapes of
 * its input and output, and whether the caller must have agreed to it. A code that the caller tells needs no further yes.
 */
export const shopOperations = {
  getCapabilities: operation(false, null, z.object({}), z.array(z.string())),
  findCustomers: operation(
    false,
    'customers',
    z.union([
      z.object({ email: z.string() }),
      z.object({ phone: z.string() }),
      z.object({ firstName: z.string(), lastName: z.string(), postalCode: z.string() }),
    ]),
    z.object({ customers: z.array(customerSchema) }),
  ),
  getCustomer: operation(false, 'customers', customerId, customerSchema),
  setCustomerAddress: operation(
    true,
    'customer-address',
    customerId.extend({ address: addressSchema }),
    customerSchema,
  ),
  listOrders: operation(
    false,
    'orders',
    customerId.extend({ limit: z.number().int().positive().optional() }),
    z.object({ orders: z.array(orderSchema) }),
  ),
  getOrder: operation(false, 'orders', orderId, orderSchema),
  findProducts: operation(
    false,
    'products',
    z.object({ query: z.string() }),
    z.object({ products: z.array(productSchema) }),
  ),
  getProduct: operation(false, 'products', z.object({ productId: z.string() }), productSchema),
  quote: operation(
    false,
    'quotes',
    orderId.extend({
      kind: z.enum(quoteKinds),
      items: z
        .array(z.object({ itemId: z.string(), quantity: z.number().int().positive().optional() }))
        .optional(),
      changes: z.array(variantChange).optional(),
    }),
    quoteSchema,
  ),
  cancelOrder: operation(true, 'cancel', orderId.extend({ reason: z.string() }), orderSchema),
  setOrderAddress: operation(true, 'address', orderId.extend({ address: addressSchema }), orderSchema),
  setOrderPayment: operation(true, 'payment', orderId.extend({ paymentMethodId: z.string() }), orderSchema),
  changeItems: operation(
    true,
    'item-changes',
    orderId.extend({ changes: z.array(variantChange), paymentMethodId: z.string() }),
    orderSchema,
  ),
  createReturn: operation(
    true,
    'returns',
    orderId.extend({
      items: z.array(
        z.object({
          itemId: z.string(),
          quantity: z.number().int().positive(),
          reason: z.string(),
        }),
      ),
      refundTo: z.string(),
      method: z.string(),
    }),
    returnSchema,
  ),
  createExchange: operation(
    true,
    'exchanges',
    orderId.extend({ changes: z.array(variantChange), paymentMethodId: z.string() }),
    looseSchema,
  ),
  listReturns: operation(false, 'returns', orderId, z.object({ returns: z.array(returnSchema) })),
  listShipments: operation(false, 'shipments', orderId, z.object({ shipments: z.array(shipmentSchema) })),
  expedite: operation(
    true,
    'expedite',
    orderId,
    z.object({ accepted: z.boolean(), message: z.string().nullish() }),
  ),
  createPickup: operation(
    true,
    'pickups',
    orderId.extend({
      returnId: z.string(),
      windowStart: z.string(),
      windowEnd: z.string(),
      address: addressSchema,
    }),
    looseSchema,
  ),
  createInvoice: operation(
    true,
    'invoice',
    orderId.extend({ title: z.string(), taxId: z.string().optional(), email: z.string() }),
    looseSchema,
  ),
  requestPriceProtection: operation(
    true,
    'price-protection',
    orderId.extend({ itemIds: z.array(z.string()) }),
    z.object({ granted: z.boolean(), amount: moneySchema.nullish() }),
  ),
  listCoupons: operation(false, 'coupons', customerId, z.object({ coupons: z.array(looseSchema) })),
  listPayments: operation(false, 'payments', orderId, z.object({ payments: z.array(paymentSchema) })),
  startVerification: operation(
    true,
    'verifications',
    customerId.extend({ channel: z.enum(['sms', 'email']) }),
    z.looseObject({ id: z.string() }),
  ),
  checkVerification: operation(
    true,
    'verifications',
    customerId.extend({ verificationId: z.string(), code: z.string() }),
    looseSchema,
    false,
  ),
} as const;

export type ShopOperation = keyof typeof shopOperations;
export type ShopInput<Name extends ShopOperation> = z.input<(typeof shopOperations)[Name]['input']>;
export type ShopOutput<Name extends ShopOperation> = z.output<(typeof shopOperations)[Name]['output']>;

export interface ShopCallOptions {
  readonly signal: AbortSignal;
  /** Required for writes: the same key with the same body has one effect. */
  readonly idempotencyKey?: string;
}

/** A shop. Rejects with `ShopProblem` when the shop refuses, with a `KefuError` when it cannot be reached or breaks its interface. */
export interface CommerceBackend {
  call<Name extends ShopOperation>(
    name: Name,
    input: ShopInput<Name>,
    options: ShopCallOptions,
  ): Promise<ShopOutput<Name>>;
  close(): Promise<void>;
}
