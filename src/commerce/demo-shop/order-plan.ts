import type { orderStatuses } from '../../core/commerce.ts';
import type { CatalogueProduct } from './catalogue.ts';
import type { Random } from './random.ts';
import type { ParcelPlan } from './shipments.ts';

export interface PlannedItem {
  readonly itemId: string;
  readonly quantity: number;
}

/** An order laid out day by day, before it is put into the shop. Days count from the shop's start: -1 is the day before. */
export interface OrderPlan {
  readonly id: string;
  readonly status: (typeof orderStatuses)[number];
  readonly placedDay: number;
  readonly items: readonly PlannedItem[];
  /** Which items, by position, travel in which parcel. */
  readonly parcels: readonly { readonly items: readonly number[]; readonly plan: ParcelPlan }[];
  /** Id of the payment method; without it one of the customer's is drawn, or a gift card and another share the price. */
  readonly payWith?: string;
  /** What the customer paid, in percent of today's price (default 100): more when the price has dropped since. */
  readonly paidPercent?: number;
}

/** Lays out an order of a random customer: what state it is in, when it was placed, and how its parcels travel. */
export function planOrder(id: string, products: readonly CatalogueProduct[], random: Random): OrderPlan {
  const status = random.weighted({ pending: 18, processed: 10, shipped: 22, delivered: 40, cancelled: 10 });
  const chosen = new Set<CatalogueProduct>();
  const size = random.weighted({ 1: 45, 2: 28, 3: 15, 4: 8, 5: 4 });
  while (chosen.size < Number(size)) chosen.add(random.pick(products));
  const items = [...chosen].map((product) => ({
    itemId: random.pick(product.variants).itemId,
    quantity: random.chance(0.12) ? random.int(2, 3) : 1,
  }));
  const paidPercent = random.chance(0.12) ? 110 : 100;
  const groups = parcelGroups(items.length, random);
  switch (status) {
    case 'pending':
      return { id, status, paidPercent, placedDay: -random.int(1, 2), items, parcels: [] };
    case 'cancelled':
      return { id, status, paidPercent, placedDay: -random.int(2, 200), items, parcels: [] };
    case 'processed': {
      const plan: ParcelPlan = { status: 'label_created', labelDay: -1, arrivalDay: random.int(2, 5) };
      const all = items.map((_item, position) => position);
      return {
        id,
        status,
        paidPercent,
        placedDay: -random.int(2, 3),
        items,
        parcels: [{ items: all, plan }],
      };
    }
    case 'shipped': {
      const sentDay = -random.int(2, 6);
      const placedDay = sentDay - random.int(1, 2);
      // The first parcel is still on its way: otherwise the order would be delivered.
      const parcels = groups.map((group, index) => ({
        items: group,
        plan:
          index > 0 && random.chance(0.5)
            ? ({ status: 'delivered', sentDay, arrivalDay: random.int(sentDay + 1, -1) } as const)
            : travelling(sentDay, random),
      }));
      return { id, status, paidPercent, placedDay, items, parcels };
    }
    case 'delivered': {
      const lastDay = -(random.chance(0.6) ? random.int(1, 27) : random.int(33, 300));
      const sentDay = lastDay - random.int(1, 5);
      const parcels = groups.map((group, index) => ({
        items: group,
        plan: {
          status: 'delivered',
          sentDay,
          arrivalDay: index === 0 ? lastDay : random.int(sentDay + 1, lastDay),
        } as const,
      }));
      return { id, status, paidPercent, placedDay: sentDay - random.int(1, 2), items, parcels };
    }
  }
}

function travelling(sentDay: number, random: Random): ParcelPlan {
  const status = random.weighted({ in_transit: 6, out_for_delivery: 3, delayed: 1 });
  if (status === 'out_for_delivery') return { status, sentDay };
  return { status, sentDay, arrivalDay: random.int(1, 4) };
}

/** Splits the positions of an order's items over its parcels: mostly one, sometimes one for each or two halves. */
function parcelGroups(items: number, random: Random): number[][] {
  const positions = Array.from({ length: items }, (_value, position) => position);
  const parcels = items > 1 && random.chance(0.45) ? random.int(2, Math.min(items, 3)) : 1;
  return Array.from({ length: parcels }, (_value, parcel) =>
    positions.filter((position) => position % parcels === parcel),
  );
}
