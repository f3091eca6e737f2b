import type { Customer, Money, Order, Payment, Return, Shipment } from '../../core/commerce.ts';
import type { CatalogueProduct } from './catalogue.ts';

/** An order as the shop keeps it. Fields beyond the interface's `Order` are given away with it, as the interface allows. */
export interface StoredOrder extends Omit<Order, 'payments'> {
  payments: Payment[];
  /** When the last shipment arrived; null before that. */
  deliveredAt: string | null;
  cancelReason?: string;
  expedited?: boolean;
  /** Items whose price difference was paid back already. */
  protectedItemIds?: string[];
}

export type StoredReturn = Return & {
  orderId: string;
  method: string;
  items: { itemId: string; quantity: number; reason: string }[];
};

export interface Exchange {
  readonly id: string;
  readonly orderId: string;
  readonly status: string;
  readonly changes: readonly { itemId: string; newItemId: string }[];
  /** New minus old price; positive: the customer pays. */
  readonly difference: Money;
  readonly paymentMethodId: string;
}

export interface Pickup {
  readonly id: string;
  readonly orderId: string;
  readonly returnId: string;
  readonly status: string;
  readonly windowStart: string;
  readonly windowEnd: string;
  readonly address: Customer['address'];
}

export interface Invoice {
  readonly id: string;
  readonly orderId: string;
  readonly title: string;
  readonly taxId: string | null;
  readonly email: string;
  readonly amount: Money;
  readonly status: string;
  readonly issuedAt: string;
}

export interface Coupon {
  readonly id: string;
  readonly code: string;
  readonly description: string;
  readonly amount: Money;
  readonly minimumSpend: Money;
  readonly expiresAt: string;
}

/** A one-time code. It is readable here, so that a demo or a test can play the customer who receives it. */
export interface Verification {
  readonly id: string;
  readonly customerId: string;
  readonly channel: 'sms' | 'email';
  readonly code: string;
  readonly expiresAtEpochMs: number;
  attemptsLeft: number;
  verified: boolean;
}

/** Everything the shop knows. It lives in memory; changes last until the process ends. */
export interface ShopData {
  readonly products: Map<string, CatalogueProduct>;
  readonly customers: Map<string, Customer>;
  readonly orders: Map<string, StoredOrder>;
  /** By order id, as are returns, exchanges, pickups and invoices. */
  readonly shipments: Map<string, Shipment[]>;
  readonly returns: Map<string, StoredReturn[]>;
  readonly exchanges: Map<string, Exchange[]>;
  readonly pickups: Map<string, Pickup[]>;
  readonly invoices: Map<string, Invoice[]>;
  /** By customer id. */
  readonly coupons: Map<string, Coupon[]>;
  /** By verification id. */
  readonly verifications: Map<string, Verification>;
}

/** A state with nothing in it. */
export function emptyShopData(): ShopData {
  return {
    products: new Map(),
    customers: new Map(),
    orders: new Map(),
    shipments: new Map(),
    returns: new Map(),
    exchanges: new Map(),
    pickups: new Map(),
    invoices: new Map(),
    coupons: new Map(),
    verifications: new Map(),
  };
}

/** Adds to the list kept under a key. */
export function append<T>(lists: Map<string, T[]>, key: string, value: T): void {
  lists.set(key, [...(lists.get(key) ?? []), value]);
}
