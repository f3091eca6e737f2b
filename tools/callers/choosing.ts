import type { CallerChange, CallerItem, Goal } from './script.ts';
import { isPaymentMethod } from './payment-words.ts';
import { mentions, plainOrder, valuesIn } from './reading.ts';

export interface Choice {
  readonly id: string;
  readonly label: string;
}

/** The option that is the caller's order: by its number, or by the most of the things it must hold. */
export function orderChoice(choices: readonly Choice[], goal: Goal): Choice | undefined {
  const { order } = goal;
  if (order !== undefined) {
    const plain = plainOrder(order);
    const byNumber = choices.find(({ id, label }) => {
      return plainOrder(id) === plain || plainOrder(label).includes(plain);
    });
    return byNumber;
  }
  const things = [...goal.items, ...goal.changes].map(({ product }) => product);
  return best(choices, ({ label }) => valuesIn(label, things));
}

/** The options that are the caller's things; a thing that is not among them has none. */
export function itemChoices(
  choices: readonly Choice[],
  items: readonly CallerItem[],
): (Choice | undefined)[] {
  const taken = new Set<Choice>();
  return items.map((item) => {
    const found =
      choices.find((choice) => choice.id === item.id && !taken.has(choice)) ??
      best(
        choices.filter((choice) => !taken.has(choice)),
        ({ label }) => (mentions(label, item.product) ? 1 + valuesIn(label, Object.values(item.options)) : 0),
      );
    if (found) taken.add(found);
    return found;
  });
}

/** The variant that a change wants: by its id, or by its label when that has every wished value. */
export function variantChoice(
  choices: readonly Choice[],
  change: CallerChange,
  wished: Readonly<Record<string, string>>,
  byItsId = true,
): Choice | undefined {
  const byId = choices.find(({ id }) => id === change.newId);
  if (byId && byItsId) return byId;
  const values = Object.values(wished);
  if (values.length === 0) return undefined;
  return choices.find(({ label }) => valuesIn(label, values) === values.length);
}

/** Where every choice is the value of one option, such as the colours: the one that the thing is to have. */
export function facetChoice(
  choices: readonly Choice[],
  options: Readonly<Record<string, string>>,
): Choice | undefined {
  return choices.find(({ label }) => Object.values(options).some((value) => same(value, label)));
}

function same(one: string, two: string): boolean {
  return one.toLowerCase() === two.toLowerCase();
}

/** The payment method of the list that is meant by words such as "gift card" or "Visa ending in 4417". */
export function paymentChoice(choices: readonly Choice[], wanted: string): Choice | undefined {
  return choices.find(({ label, id }) => isPaymentMethod(label, wanted) || isPaymentMethod(id, wanted));
}

/** The option that stands for a code such as `ordered_by_mistake` or says the same in words. */
export function codeChoice(choices: readonly Choice[], code: string): Choice | undefined {
  const words = code.replaceAll('_', ' ');
  return (
    choices.find(({ id }) => id === code || id.replaceAll('_', ' ') === words) ??
    choices.find(({ label }) => mentions(label, words))
  );
}

/** The one that scores most, when it scores anything and no other as much. */
function best(choices: readonly Choice[], score: (choice: Choice) => number): Choice | undefined {
  const scored = choices.map((choice) => ({ choice, score: score(choice) }));
  const [first, second] = scored.sort((one, two) => two.score - one.score);
  return first && first.score > 0 && first.score > (second?.score ?? 0) ? first.choice : undefined;
}
