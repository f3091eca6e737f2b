import type { Product } from '../../core/commerce.ts';
import { money } from './money.ts';
import type { Random } from './random.ts';

/** A product before its variants are laid out. Every combination of the options is a variant. */
interface ProductPlan {
  readonly name: string;
  readonly nameZh: string;
  /** Price of the first variant in cents. */
  readonly priceCents: number;
  readonly options: Readonly<Record<string, readonly string[]>>;
  /** What each further value of an option adds, in cents; colours and sizes add nothing. */
  readonly stepCents?: Readonly<Record<string, number>>;
}

const plan = (
  name: string,
  nameZh: string,
  priceCents: number,
  options: ProductPlan['options'],
  stepCents: Readonly<Record<string, number>> = {},
): ProductPlan => ({ name, nameZh, priceCents, options, stepCents });

const sizes = ['small', 'medium', 'large', 'extra large'];
const shoeSizes = ['7', '8', '9', '10', '11'];

// prettier-ignore
const plans: readonly ProductPlan[] = [
  plan('Merino Sweater', '美利奴羊毛衫', 7900, { colour: ['navy', 'grey', 'burgundy'], size: sizes }),
  plan('Linen Shirt', '亚麻衬衫', 4900, { colour: ['white', 'blue', 'olive'], size: sizes }),
  plan('Rain Jacket', '防雨夹克', 11900, { colour: ['yellow', 'black'], size: sizes }),
  plan('Down Vest', '羽绒背心', 9900, { colour: ['black', 'red'], size: sizes }),
  plan('Cotton Hoodie', '纯棉连帽衫', 5500, { colour: ['grey', 'green', 'black'], size: sizes }),
  plan('Slim Jeans', '修身牛仔裤', 6900, { colour: ['blue', 'black'], waist: ['30', '32', '34', '36'] }),
  plan('Trail Shoes', '越野跑鞋', 12900, { colour: ['orange', 'grey'], size: shoeSizes }),
  plan('Canvas Sneakers', '帆布鞋', 5900, { colour: ['white', 'black'], size: shoeSizes }),
  plan('Winter Boots', '冬靴', 14900, { colour: ['brown', 'black'], size: shoeSizes }),
  plan('Wool Scarf', '羊毛围巾', 3500, { colour: ['grey', 'red', 'cream'] }),
  plan('Leather Belt', '皮带', 4200, { colour: ['brown', 'black'], length: ['short', 'regular', 'long'] }),
  plan('Sun Hat', '遮阳帽', 2800, { colour: ['straw', 'white', 'navy'] }),
  plan('Commuter Backpack', '通勤双肩包', 8900, { colour: ['black', 'green'], volume: ['18 litres', '24 litres'] }, { volume: 1500 }),
  plan('Carry-on Suitcase', '登机箱', 15900, { colour: ['silver', 'blue', 'black'], shell: ['soft', 'hard'] }, { shell: 3000 }),
  plan('Travel Pillow', '旅行枕', 2900, { colour: ['grey', 'blue'], filling: ['foam', 'beads'] }),
  plan('Desk Lamp', '台灯', 4500, { colour: ['white', 'black'], power: ['plug', 'battery'] }, { power: 1000 }),
  plan('Floor Lamp', '落地灯', 12900, { colour: ['brass', 'black'] }),
  plan('Wall Mirror', '壁镜', 9500, { shape: ['round', 'square'], frame: ['oak', 'black'] }),
  plan('Wool Rug', '羊毛地毯', 22900, { colour: ['cream', 'grey'], size: ['small', 'medium', 'large'] }, { size: 12000 }),
  plan('Linen Bedding Set', '亚麻床品套装', 13900, { colour: ['white', 'sage', 'sand'], size: ['twin', 'queen', 'king'] }, { size: 2500 }),
  plan('Bath Towel Set', '浴巾套装', 4900, { colour: ['white', 'teal', 'grey'] }),
  plan('Ceramic Mug', '陶瓷杯', 1800, { colour: ['white', 'blue', 'green'], size: ['small', 'large'] }, { size: 400 }),
  plan('Thermos Flask', '保温杯', 3200, { colour: ['steel', 'red', 'black'], capacity: ['half litre', 'one litre'] }, { capacity: 800 }),
  plan('Tea Set', '茶具套装', 6800, { colour: ['celadon', 'white'], pieces: ['five', 'nine'] }, { pieces: 2600 }),
  plan('Electric Kettle', '电水壶', 5900, { colour: ['steel', 'white', 'black'] }),
  plan('Rice Cooker', '电饭煲', 8900, { colour: ['white', 'black'], capacity: ['three cups', 'six cups'] }, { capacity: 3000 }),
  plan('Coffee Grinder', '咖啡研磨机', 7900, { colour: ['black', 'steel'], type: ['hand', 'electric'] }, { type: 3000 }),
  plan('Espresso Maker', '意式咖啡机', 19900, { colour: ['black', 'red', 'steel'] }),
  plan('Chef Knife', '主厨刀', 8500, { handle: ['walnut', 'black'], length: ['six inches', 'eight inches'] }, { length: 1500 }),
  plan('Cast Iron Pan', '铸铁锅', 5400, { size: ['eight inches', 'ten inches', 'twelve inches'] }, { size: 1200 }),
  plan('Wireless Headphones', '无线耳机', 17900, { colour: ['black', 'white', 'blue'], style: ['over ear', 'on ear'] }),
  plan('Wireless Earbuds', '真无线耳塞', 9900, { colour: ['black', 'white', 'mint'] }),
  plan('Portable Speaker', '便携音箱', 6900, { colour: ['red', 'black', 'blue'], size: ['mini', 'large'] }, { size: 5000 }),
  plan('Power Bank', '充电宝', 3900, { colour: ['black', 'white'], capacity: ['ten thousand', 'twenty thousand'] }, { capacity: 2000 }),
  plan('Phone Case', '手机壳', 1900, { colour: ['clear', 'black', 'pink'], model: ['standard', 'plus'] }),
  plan('Tablet Stand', '平板支架', 2900, { colour: ['silver', 'black'] }),
  plan('Mechanical Keyboard', '机械键盘', 10900, { colour: ['white', 'black'], switches: ['quiet', 'clicky', 'linear'] }),
  plan('Ergonomic Mouse', '人体工学鼠标', 5900, { colour: ['black', 'white'], hand: ['right', 'left'] }),
  plan('Smart Watch', '智能手表', 22900, { colour: ['black', 'silver', 'rose'], size: ['forty millimetres', 'forty-four millimetres'] }, { size: 3000 }),
  plan('Digital Photo Frame', '数码相框', 8900, { frame: ['oak', 'black'], size: ['eight inches', 'ten inches'] }, { size: 3000 }),
  plan('Office Chair', '办公椅', 24900, { colour: ['black', 'grey'], armrests: ['fixed', 'adjustable'] }, { armrests: 4000 }),
  plan('Standing Desk', '升降桌', 39900, { top: ['oak', 'white', 'walnut'], width: ['four feet', 'five feet'] }, { width: 6000 }),
  plan('Bookshelf', '书架', 17900, { colour: ['oak', 'white'], shelves: ['four', 'five'] }, { shelves: 3000 }),
  plan('Yoga Mat', '瑜伽垫', 3900, { colour: ['purple', 'green', 'black'], thickness: ['thin', 'thick'] }, { thickness: 900 }),
  plan('Dumbbell Set', '哑铃套装', 7900, { weight: ['ten pounds', 'twenty pounds', 'thirty pounds'] }, { weight: 3500 }),
  plan('Bicycle Helmet', '自行车头盔', 6500, { colour: ['white', 'black', 'red'], size: ['small', 'medium', 'large'] }),
  plan('Camping Tent', '露营帐篷', 18900, { colour: ['green', 'orange'], sleeps: ['two', 'four'] }, { sleeps: 8000 }),
  plan('Garden Hose', '花园水管', 3600, { length: ['twenty-five feet', 'fifty feet', 'one hundred feet'] }, { length: 1500 }),
  plan('Dog Bed', '宠物床', 5200, { colour: ['grey', 'brown'], size: ['small', 'medium', 'large'] }, { size: 1500 }),
  plan('Wooden Puzzle', '木质拼图', 2600, { motif: ['mountains', 'harbour', 'forest'], pieces: ['five hundred', 'one thousand'] }, { pieces: 800 }),
];

/** A product with the name that Chinese customers see on their orders. */
export type CatalogueProduct = Product & { readonly nameZh: string };

/**
 * The shop's products. Names, options and ids are always the same; `random` decides which variants are out of stock (about one
 * in seven; every product keeps at least two that are not).
 */
export function createCatalogue(random: Random): CatalogueProduct[] {
  return plans.map((entry, index) => {
    const id = `P${101 + index}`;
    const variants = combinations(entry.options).map((options, position) => ({
      itemId: `${id}-${String(position + 1).padStart(2, '0')}`,
      options,
      price: money(entry.priceCents + surchargeCents(entry, options)),
      available: position < 2 || !random.chance(0.15),
    }));
    return { id, name: entry.name, nameZh: entry.nameZh, variants };
  });
}

function combinations(options: ProductPlan['options']): Record<string, string>[] {
  return Object.entries(options).reduce<Record<string, string>[]>(
    (rows, [name, values]) => values.flatMap((value) => rows.map((row) => ({ ...row, [name]: value }))),
    [{}],
  );
}

function surchargeCents(
  { options, stepCents }: ProductPlan,
  chosen: Readonly<Record<string, string>>,
): number {
  return Object.entries(stepCents ?? {}).reduce(
    (sum, [name, step]) => sum + step * (options[name] ?? []).indexOf(chosen[name] ?? ''),
    0,
  );
}
