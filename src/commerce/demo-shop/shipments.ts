import type { Shipment } from '../../core/commerce.ts';
import type { Calendar, Country } from './calendar.ts';
import type { Random } from './random.ts';

/** How far a parcel has come. Days count from the day the shop was started. */
export type ParcelPlan =
  | { readonly status: 'label_created'; readonly labelDay: number; readonly arrivalDay: number }
  | { readonly status: 'in_transit' | 'delayed'; readonly sentDay: number; readonly arrivalDay: number }
  | { readonly status: 'out_for_delivery'; readonly sentDay: number }
  | { readonly status: 'delivered'; readonly sentDay: number; readonly arrivalDay: number };

export interface ParcelContext {
  readonly id: string;
  readonly itemIds: readonly string[];
  readonly city: string;
  readonly country: Country;
  readonly calendar: Calendar;
  readonly random: Random;
}

/** Names and the letters their tracking numbers begin with. */
const carriers: Readonly<Record<Country, readonly (readonly [string, string])[]>> = {
  US: [
    ['Northline', 'NL'],
    ['Parcelway', 'PW'],
    ['Bluebird Post', 'BB'],
  ],
  CN: [
    ['云雀速运', 'YQ'],
    ['北极星快递', 'BJX'],
  ],
};
const hubs = { US: ['Columbus', 'Memphis', 'Dallas', 'Reno'], CN: ['上海', '广州', '武汉'] } as const;

const words = {
  US: {
    label: 'Shipping label created',
    sent: 'Handed to the carrier',
    hub: 'Left the sorting centre',
    arrived: 'Arrived at the delivery station',
    delayed: 'Delayed by bad weather',
    out: 'Out for delivery',
    delivered: [
      'Delivered to the front door',
      'Delivered to the recipient',
      'Delivered to the reception desk',
    ],
  },
  CN: {
    label: '已打印面单',
    sent: '快递员已揽收',
    hub: '已离开分拨中心',
    arrived: '已到达派送网点',
    delayed: '因天气原因延误',
    out: '正在派送',
    delivered: ['已签收，本人签收', '已签收，放在家门口', '已签收，由前台代收'],
  },
} as const;

/** Makes a shipment whose events tell one story in order of time, none of them later than the shop's start. */
export function buildShipment(plan: ParcelPlan, context: ParcelContext): Shipment {
  const { random, country, calendar, city, id } = context;
  const text = words[country];
  const hub = random.pick(hubs[country]);
  const [carrier, prefix] = random.pick(carriers[country]);
  const events: Shipment['events'] = [];
  const add = (day: number, place: string, what: string) =>
    events.push({ at: calendar.at(day, country), place, text: what });

  if (plan.status === 'label_created') {
    add(plan.labelDay, hub, text.label);
  } else {
    const endDay = plan.status === 'delivered' ? plan.arrivalDay : -1;
    add(plan.sentDay, hub, text.label);
    add(plan.sentDay, hub, text.sent);
    if (plan.sentDay + 1 <= endDay) add(plan.sentDay + 1, hub, text.hub);
    if (plan.status === 'delayed') add(-1, hub, text.delayed);
    if (plan.status === 'out_for_delivery' || plan.status === 'delivered') add(endDay, city, text.arrived);
    if (plan.status === 'delivered') {
      add(endDay, city, text.out);
      add(endDay, city, random.pick(text.delivered));
    }
  }
  // Times within a day are drawn at random; the story is told by the order of the events.
  const times = events.map((event) => event.at).sort();
  for (const [index, event] of events.entries()) event.at = times[index] ?? event.at;
  if (plan.status === 'out_for_delivery') {
    events.push({ at: calendar.minutesFromStart(-random.int(5, 50)), place: city, text: text.out });
  }
  return {
    id,
    carrier,
    trackingNumber: `${prefix}${random.int(100_000_000, 999_999_999)}`,
    status: plan.status,
    itemIds: [...context.itemIds],
    estimatedAt: estimate(plan, events, context),
    events,
  };
}

function estimate(
  plan: ParcelPlan,
  events: Shipment['events'],
  { calendar, country, random }: ParcelContext,
) {
  if (plan.status === 'out_for_delivery') return calendar.minutesFromStart(random.int(120, 300));
  if (plan.status === 'delivered') return events.at(-1)?.at ?? null;
  return calendar.at(plan.arrivalDay, country);
}
