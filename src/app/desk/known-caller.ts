import { type CommerceBackend } from '../../core/commerce.ts';
import type { KnownWish } from '../../core/dialog.ts';
import type { Briefing } from '../../core/handoff.ts';

/** Ways by which Kefu knows who it may be, which are no proof that the caller is that customer. */
const unproved: ReadonlySet<string> = new Set(['', 'calling number', 'order number']);

/** What is known of a caller from the briefing, for a wish that is carried out at the desk. What the shop does not tell is asked for. */
export async function knownOf(
  briefing: Briefing | null,
  shop: CommerceBackend,
  signal: AbortSignal,
): Promise<Omit<KnownWish, 'intent'>> {
  const { customer: named, order } = briefing ?? {};
  const [customer, capabilities] = await Promise.all([
    named ? shop.call('getCustomer', { customerId: named.id }, { signal }).catch(() => null) : null,
    shop.call('getCapabilities', {}, { signal }).catch(() => null),
  ]);
  const verifiedBy = named?.verifiedBy ?? '';
  const isProved = !unproved.has(verifiedBy);
  return {
    customer: isProved ? customer : null,
    verifiedBy,
    candidate: isProved || verifiedBy !== 'calling number' ? null : customer,
    orderId: typeof order?.id === 'string' ? order.id : null,
    capabilities,
  };
}
