import { problem } from '../problems.ts';
import { checkAddress } from './addresses.ts';
import { daysAfter, isoTime } from './calendar.ts';
import {
  itemOfOrder,
  orderById,
  paymentMethodOf,
  pendingOrderById,
  productById,
  type Handlers,
} from './context.ts';
import { checkUnchangedPending, windowDays } from './eligibility.ts';
import { totalCents } from './make-orders.ts';
import { cents, money } from './money.ts';
import { checkCanPay, paidByMethod, settle } from './settlement.ts';
import { append } from './state.ts';
import { checkChanges, sumCents } from './variant-changes.ts';

/** The only reasons this shop takes for cancelling. */
export const cancelReasons: readonly string[] = ['no_longer_needed', 'ordered_by_mistake'];

/** Orders before and on their way, and what can be asked for them. */
export const orderOperations: Handlers<
  | 'getOrder'
  | 'cancelOrder'
  | 'setOrderAddress'
  | 'setOrderPayment'
  | 'changeItems'
  | 'listShipments'
  | 'listPayments'
  | 'expedite'
  | 'createInvoice'
  | 'requestPriceProtection'
> = {
  getOrder: (shop, { orderId }) => orderById(shop, orderId),

  cancelOrder(shop, { orderId, reason }) {
    const order = checkUnchangedPending(shop, orderId);
    if (!cancelReasons.includes(reason))
      throw problem('invalid_reason', `known: ${cancelReasons.join(', ')}`);
    for (const [methodId, paidCents] of paidByMethod(order)) {
      settle(shop, order, paymentMethodOf(shop, order, methodId), -paidCents);
    }
    order.status = 'cancelled';
    order.cancelReason = reason;
    return order;
  },

  setOrderAddress(shop, { orderId, address }) {
    const order = pendingOrderById(shop, orderId);
    order.address = checkAddress(address);
    return order;
  },

  setOrderPayment(shop, { orderId, paymentMethodId }) {
    const order = pendingOrderById(shop, orderId);
    const method = paymentMethodOf(shop, order, paymentMethodId);
    const [paid, ...others] = paidByMethod(order);
    if (!paid || others.length > 0) {
      throw problem('payment_not_changeable', 'the order is paid with several methods');
    }
    const [oldMethodId, amountCents] = paid;
    if (oldMethodId === paymentMethodId)
      throw problem('same_payment_method', 'the order is paid with it already');
    checkCanPay(method, amountCents);
    settle(shop, order, paymentMethodOf(shop, order, oldMethodId), -amountCents);
    settle(shop, order, method, amountCents);
    return order;
  },

  changeItems(shop, { orderId, changes, paymentMethodId }) {
    const order = checkUnchangedPending(shop, orderId);
    if (changes.length === 0) throw problem('invalid_request', 'no change is named');
    const checked = checkChanges(shop, order, changes);
    const method = paymentMethodOf(shop, order, paymentMethodId);
    settle(shop, order, method, sumCents(checked));
    for (const { item, variant } of checked) {
      item.itemId = variant.itemId;
      item.price = variant.price;
      item.options = { ...variant.options };
    }
    order.flags.push('items_changed');
    return order;
  },

  listShipments: (shop, { orderId }) => ({
    shipments: shop.data.shipments.get(orderById(shop, orderId).id) ?? [],
  }),

  listPayments: (shop, { orderId }) => ({ payments: orderById(shop, orderId).payments }),

  expedite(shop, { orderId }) {
    const order = orderById(shop, orderId);
    if (order.status !== 'pending' && order.status !== 'processed') {
      return { accepted: false, message: `The order is ${order.status} and can no longer be sped up.` };
    }
    order.expedited = true;
    return { accepted: true, message: 'The order is packed first.' };
  },

  createInvoice(shop, { orderId, title, taxId, email }) {
    const order = orderById(shop, orderId);
    if (title.trim() === '') throw problem('invalid_request', 'title must not be empty');
    if (!/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email))
      throw problem('invalid_request', 'email is no e-mail address');
    const invoice = {
      id: shop.newId('INV'),
      orderId: order.id,
      title: title.trim(),
      taxId: taxId ?? null,
      email,
      amount: money(order.status === 'cancelled' ? 0 : totalCents(order.items)),
      status: 'sent',
      issuedAt: isoTime(shop.nowEpochMs()),
    };
    append(shop.data.invoices, order.id, invoice);
    return invoice;
  },

  requestPriceProtection(shop, { orderId, itemIds }) {
    const order = orderById(shop, orderId);
    if (itemIds.length === 0) throw problem('invalid_request', 'no item is named');
    const items = [...new Set(itemIds)].map((itemId) => itemOfOrder(order, itemId));
    if (Date.parse(daysAfter(order.placedAt, windowDays)) < shop.nowEpochMs()) {
      throw problem('window_passed', `prices are protected for ${windowDays} days after ordering`);
    }
    const open = items.filter(({ itemId }) => !order.protectedItemIds?.includes(itemId));
    const dropCents = open.reduce((sum, { itemId, productId, price, quantity }) => {
      const today = productById(shop, productId).variants.find((variant) => variant.itemId === itemId);
      return sum + (today ? Math.max(0, cents(price) - cents(today.price)) * quantity : 0);
    }, 0);
    const [paid] = paidByMethod(order);
    if (dropCents === 0 || !paid) return { granted: false, amount: money(0) };
    settle(shop, order, paymentMethodOf(shop, order, paid[0]), -dropCents);
    order.protectedItemIds = [...(order.protectedItemIds ?? []), ...open.map(({ itemId }) => itemId)];
    return { granted: true, amount: money(dropCents) };
  },
};
