import type { Customer } from '../../core/commerce.ts';
import type { Language, PerLanguage } from '../../core/language.ts';
import { money } from './money.ts';
import type { OrderPlan } from './order-plan.ts';
import type { ParcelPlan } from './shipments.ts';

/** An order of a demo caller, laid out by hand. */
export interface DemoOrder extends OrderPlan {
  /** What a person who tries the demo should know about it. */
  readonly summary: PerLanguage<string>;
}

/** A customer of the demo shop who is the same for every seed, so that people and tests can call in as them. */
export interface DemoCaller {
  readonly customerId: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly language: Language;
  readonly email: string;
  readonly phone: string;
  readonly postalCode: string;
  readonly orders: readonly DemoOrder[];
}

const delivered = (sentDay: number, arrivalDay: number): ParcelPlan => ({
  status: 'delivered',
  sentDay,
  arrivalDay,
});

/** The demo callers, easiest first. */
export const demoCallers = [
  {
    customerId: 'C10001',
    firstName: 'Emma',
    lastName: 'Carter',
    language: 'en',
    email: 'emma.carter@example.com',
    phone: '+12125550101',
    postalCode: '10011',
    orders: [
      {
        id: '#W2378156',
        payWith: 'card_10001',
        status: 'shipped',
        placedDay: -5,
        items: [
          { itemId: 'P101-02', quantity: 1 },
          { itemId: 'P123-01', quantity: 2 },
        ],
        parcels: [
          { items: [0], plan: delivered(-4, -1) },
          { items: [1], plan: { status: 'in_transit', sentDay: -3, arrivalDay: 1 } },
        ],
        summary: {
          en: 'two parcels: a sweater delivered yesterday, two flasks arriving tomorrow',
          zh: '两个包裹：毛衣昨天已送达，两个保温杯明天送到',
        },
      },
      {
        id: '#W4410273',
        payWith: 'card_10001',
        status: 'pending',
        placedDay: -1,
        items: [{ itemId: 'P107-02', quantity: 1 }],
        parcels: [],
        summary: { en: 'not packed yet: can be changed or cancelled', zh: '还没打包：可以修改或取消' },
      },
      {
        id: '#W1093627',
        payWith: 'card_10001',
        status: 'delivered',
        placedDay: -12,
        items: [
          { itemId: 'P131-01', quantity: 1 },
          { itemId: 'P122-01', quantity: 2 },
        ],
        parcels: [{ items: [0, 1], plan: delivered(-11, -8) }],
        summary: {
          en: 'delivered eight days ago: can be returned or exchanged',
          zh: '八天前已送达：可以退换',
        },
      },
    ],
  },
  {
    customerId: 'C10002',
    firstName: 'James',
    lastName: 'Walker',
    language: 'en',
    email: 'james.walker@example.com',
    phone: '+13125550102',
    postalCode: '60614',
    orders: [
      {
        id: '#W5061948',
        payWith: 'card_10002',
        status: 'delivered',
        placedDay: -60,
        items: [{ itemId: 'P141-01', quantity: 1 }],
        parcels: [{ items: [0], plan: delivered(-58, -54) }],
        summary: { en: 'delivered eight weeks ago: too late to return', zh: '八周前已送达：已过退货期' },
      },
    ],
  },
  {
    customerId: 'C10003',
    firstName: 'Olivia',
    lastName: 'Bennett',
    language: 'en',
    email: 'olivia.bennett@example.com',
    phone: '+12065550103',
    postalCode: '98103',
    orders: [
      {
        id: '#W3489160',
        payWith: 'paypal_10003',
        status: 'shipped',
        placedDay: -9,
        items: [{ itemId: 'P116-01', quantity: 1 }],
        parcels: [{ items: [0], plan: { status: 'delayed', sentDay: -8, arrivalDay: 3 } }],
        summary: { en: 'delayed on the way', zh: '在途中，有延误' },
      },
    ],
  },
  {
    customerId: 'C10004',
    firstName: '芳',
    lastName: '王',
    language: 'zh',
    email: 'wang.fang@example.com',
    phone: '+8614105550101',
    postalCode: '200040',
    orders: [
      {
        id: '#W6035821',
        payWith: 'alipay_10004',
        status: 'shipped',
        placedDay: -4,
        items: [{ itemId: 'P124-01', quantity: 1 }],
        parcels: [{ items: [0], plan: { status: 'out_for_delivery', sentDay: -3 } }],
        summary: { en: 'out for delivery today', zh: '今天派送中' },
      },
    ],
  },
  {
    customerId: 'C10005',
    firstName: '强',
    lastName: '李',
    language: 'zh',
    email: 'li.qiang@example.com',
    phone: '+8614105550102',
    postalCode: '100025',
    orders: [
      {
        id: '#W8812604',
        payWith: 'wechat_10005',
        status: 'delivered',
        placedDay: -10,
        items: [{ itemId: 'P126-01', quantity: 1 }],
        parcels: [{ items: [0], plan: delivered(-9, -6) }],
        summary: { en: 'delivered six days ago: can be returned or exchanged', zh: '六天前已送达：可以退换' },
      },
    ],
  },
] as const satisfies readonly DemoCaller[];

const streetAddresses: Readonly<Record<string, Pick<Customer, 'address' | 'paymentMethods' | 'tier'>>> = {
  C10001: {
    address: {
      line1: '214 Maple Street',
      line2: 'Apt 5',
      city: 'New York',
      state: 'NY',
      country: 'US',
      postalCode: '10011',
    },
    paymentMethods: [
      { id: 'card_10001', kind: 'credit_card', brand: 'visa', last4: '4417' },
      { id: 'gift_10001', kind: 'gift_card', balance: money(60_00) },
    ],
    tier: 'gold',
  },
  C10002: {
    address: { line1: '87 Lake Drive', city: 'Chicago', state: 'IL', country: 'US', postalCode: '60614' },
    paymentMethods: [{ id: 'card_10002', kind: 'credit_card', brand: 'mastercard', last4: '9032' }],
    tier: 'standard',
  },
  C10003: {
    address: { line1: '1520 Cedar Lane', city: 'Seattle', state: 'WA', country: 'US', postalCode: '98103' },
    paymentMethods: [{ id: 'paypal_10003', kind: 'paypal' }],
    tier: 'silver',
  },
  C10004: {
    address: {
      line1: '中山路88号',
      line2: '3栋502室',
      city: '上海市',
      state: '上海市',
      country: 'CN',
      postalCode: '200040',
    },
    paymentMethods: [{ id: 'alipay_10004', kind: 'alipay' }],
    tier: 'gold',
  },
  C10005: {
    address: { line1: '建设路16号', city: '北京市', state: '北京市', country: 'CN', postalCode: '100025' },
    paymentMethods: [{ id: 'wechat_10005', kind: 'wechat_pay' }],
    tier: 'standard',
  },
};

/** The demo caller as a customer of the shop. */
export function customerOf(caller: DemoCaller): Customer {
  const rest = streetAddresses[caller.customerId];
  if (!rest) throw new Error(`Demo caller ${caller.customerId} has no address`);
  return {
    id: caller.customerId,
    name: { first: caller.firstName, last: caller.lastName },
    emails: [caller.email],
    phones: [caller.phone],
    language: caller.language,
    ...structuredClone(rest),
  };
}
