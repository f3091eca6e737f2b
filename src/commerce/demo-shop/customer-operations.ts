import { problem } from '../problems.ts';
import { checkAddress } from './addresses.ts';
import { isoTime } from './calendar.ts';
import { customerById, productById, type Handlers } from './context.ts';
import { fold, matchesCustomer } from './matching.ts';

const codeLifeMs = 10 * 60_000;
const codeAttempts = 5;
const listLimit = 50;

/** Customers, the catalogue and one-time codes. */
export const customerOperations: Handlers<
  | 'findCustomers'
  | 'getCustomer'
  | 'setCustomerAddress'
  | 'listOrders'
  | 'findProducts'
  | 'getProduct'
  | 'listCoupons'
  | 'startVerification'
  | 'checkVerification'
> = {
  findCustomers: ({ data }, query) => ({
    customers: [...data.customers.values()].filter((customer) => matchesCustomer(customer, query)),
  }),

  getCustomer: (shop, { customerId }) => customerById(shop, customerId),

  setCustomerAddress(shop, { customerId, address }) {
    const customer = customerById(shop, customerId);
    customer.address = checkAddress(address);
    return customer;
  },

  listOrders(shop, { customerId, limit }) {
    const { id } = customerById(shop, customerId);
    const orders = [...shop.data.orders.values()]
      .filter((order) => order.customerId === id)
      .sort((left, right) => Date.parse(right.placedAt) - Date.parse(left.placedAt));
    return { orders: orders.slice(0, limit ?? listLimit) };
  },

  findProducts({ data }, { query }) {
    const words = query
      .split(/\s+/)
      .map(fold)
      .map((word) => word.replace(/s$/, ''));
    const products = [...data.products.values()].filter(({ name, nameZh }) => {
      const text = fold(`${name} ${nameZh}`);
      return words.every((word) => text.includes(word));
    });
    // Who asks in Chinese is answered in Chinese, as the names in the orders of Chinese customers are.
    const isChinese = /\p{Script=Han}/u.test(query);
    const named = products
      .slice(0, listLimit)
      .map((product) => ({ ...product, name: isChinese ? product.nameZh : product.name }));
    return { products: named };
  },

  getProduct: (shop, { productId }) => productById(shop, productId),

  listCoupons(shop, { customerId }) {
    const { id } = customerById(shop, customerId);
    const valid = (shop.data.coupons.get(id) ?? []).filter(
      ({ expiresAt }) => Date.parse(expiresAt) > shop.nowEpochMs(),
    );
    return { coupons: valid.map((coupon) => ({ ...coupon })) };
  },

  startVerification(shop, { customerId, channel }) {
    const customer = customerById(shop, customerId);
    const target = channel === 'sms' ? customer.phones[0] : customer.emails[0];
    if (target === undefined) throw problem('invalid_request', `the customer has no address for ${channel}`);
    const verification = {
      id: shop.newId('V'),
      customerId: customer.id,
      channel,
      code: String(shop.random.int(0, 999_999)).padStart(6, '0'),
      expiresAtEpochMs: shop.nowEpochMs() + codeLifeMs,
      attemptsLeft: codeAttempts,
      verified: false,
    };
    shop.data.verifications.set(verification.id, verification);
    shop.onVerificationCode(verification);
    const sentTo = channel === 'sms' ? `***${target.slice(-4)}` : target.replace(/^(.).*@/, '$1***@');
    return { id: verification.id, channel, sentTo, expiresAt: isoTime(verification.expiresAtEpochMs) };
  },

  checkVerification(shop, { customerId, verificationId, code }) {
    const { id } = customerById(shop, customerId);
    const verification = shop.data.verifications.get(verificationId);
    if (verification?.customerId !== id) throw problem('not_found', 'no such verification of this customer');
    const expired = verification.expiresAtEpochMs <= shop.nowEpochMs();
    if (!expired && !verification.verified && verification.attemptsLeft > 0) {
      verification.attemptsLeft -= 1;
      verification.verified = code.replace(/\D/g, '') === verification.code;
    }
    const { verified, attemptsLeft } = verification;
    return { id: verification.id, verified, attemptsLeft: expired ? 0 : attemptsLeft, expired };
  },
};
