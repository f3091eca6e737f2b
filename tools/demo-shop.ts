import { parseArgs } from 'node:util';
import { capabilities, type Capability } from '../src/core/commerce.ts';
import { demoCallers } from '../src/commerce/demo-shop/callers.ts';
import { createDemoShop } from '../src/commerce/demo-shop/demo-shop.ts';
import { createDemoShopServer } from '../src/commerce/demo-shop/http-server.ts';

const usage = `Serves the demo shop over HTTP, as docs/commerce-api.yaml describes.

  npm run demo-shop -- [options]

  --port N          port to listen on (default 8090; 0 picks a free one)
  --host ADDRESS    address to listen on (default 127.0.0.1)
  --seed N          fills another shop (default 1)
  --token TEXT      the bearer token it asks for (default "demo")
  --without A,B     leaves capabilities out, such as returns,expedite
  --slow MS         waits before each answer
  --fail RATE       answers this share of requests, 0 to 1, with 503
  --help
`;

interface Options {
  readonly port: number;
  readonly host: string;
  readonly seed: number;
  readonly token: string;
  readonly without: readonly Capability[];
  readonly slowMs: number;
  readonly failRate: number;
}

/** @throws Error with a sentence for the person at the terminal. */
function readOptions(args: readonly string[]): Options | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      port: { type: 'string', default: '8090' },
      host: { type: 'string', default: '127.0.0.1' },
      seed: { type: 'string', default: '1' },
      token: { type: 'string', default: 'demo' },
      without: { type: 'string', default: '' },
      slow: { type: 'string', default: '0' },
      fail: { type: 'string', default: '0' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  if (!/^[\x21-\x7e]+$/.test(values.token)) throw new Error('--token must be printable ASCII without spaces');
  return {
    port: numberIn('port', values.port, 0, 65_535),
    host: values.host,
    seed: numberIn('seed', values.seed, 0, 4_294_967_295),
    token: values.token,
    without: values.without.split(',').filter(Boolean).map(readCapability),
    slowMs: numberIn('slow', values.slow, 0, 600_000),
    failRate: numberIn('fail', values.fail, 0, 1, false),
  };
}

function numberIn(name: string, text: string, min: number, max: number, whole = true): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (value >= min && value <= max && (!whole || Number.isInteger(value))) return value;
  throw new Error(`--${name} must be a ${whole ? 'whole ' : ''}number from ${min} to ${max}, not "${text}"`);
}

function readCapability(name: string): Capability {
  const known = capabilities.find((capability) => capability === name.trim());
  if (known) return known;
  throw new Error(`--without: "${name}" is no capability; known are ${capabilities.join(', ')}`);
}

function printCallers(): void {
  console.log('\nCallers to try:');
  for (const { firstName, lastName, email, phone, postalCode, language, orders } of demoCallers) {
    const name = language === 'zh' ? `${lastName}${firstName}` : `${firstName} ${lastName}`;
    console.log(`  ${name} (${language}), ${email}, ${phone}, postal code ${postalCode}`);
    for (const { id, status, summary } of orders) console.log(`    ${id}  ${status}: ${summary.en}`);
  }
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (options === 'help') {
    console.log(usage);
    return;
  }
  const shop = createDemoShop({
    seed: options.seed,
    without: options.without,
    onVerificationCode: ({ customerId, channel, code }) => {
      console.log(`One-time code for ${customerId} by ${channel}: ${code}`);
    },
  });
  const { token, slowMs, failRate, host, port } = options;
  const server = createDemoShopServer({ shop, token, slowMs, failRate });

  const stop = (signal: NodeJS.Signals) => {
    console.log(`\n${signal}: the demo shop closes.`);
    server.close().then(
      () => process.exit(0),
      (thrown: unknown) => {
        console.error(thrown);
        process.exit(1);
      },
    );
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);

  const address = await server.listen({ host, port });
  console.log(
    `The demo shop is open: ${shop.data.customers.size} customers, ${shop.data.orders.size} orders.`,
  );
  console.log(`  address  ${address}\n  token    ${token}`);
  if (slowMs > 0) console.log(`  waits ${slowMs} ms before each answer`);
  if (failRate > 0) console.log(`  answers ${failRate * 100} % of requests with 503`);
  console.log(`\nKefu uses it with KEFU_SHOP_URL=${address} KEFU_SHOP_TOKEN=${token}`);
  printCallers();
}

main().catch((thrown: unknown) => {
  console.error(thrown instanceof Error ? thrown.message : thrown);
  process.exitCode = 1;
});
