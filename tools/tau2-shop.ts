/**
 * `npm run tau2-shop -- --data DIR`: a shop over the retail data of tau2-bench, by that benchmark's own rules, to try Kefu with. The
 * data is read from the folder given; every change is kept in memory only.
 */
import { parseArgs } from 'node:util';
import { readTau2Data } from './tau2/data.ts';
import { createTau2Server } from './tau2/server.ts';
import { createTau2Shop } from './tau2/shop.ts';

const usage = `Usage: npm run tau2-shop -- --data DIR [options]

  --data DIR    folder with tau2's db.json
  --port PORT   default 8091
  --host HOST   default 127.0.0.1
  --token TEXT  default tau2
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      data: { type: 'string' },
      port: { type: 'string', default: '8091' },
      host: { type: 'string', default: '127.0.0.1' },
      token: { type: 'string', default: 'tau2' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help || values.data === undefined) {
    process.stdout.write(usage);
    if (!values.help) process.exitCode = 2;
    return;
  }
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error('--port must be from 0 to 65535');
  const shop = createTau2Shop(await readTau2Data(values.data));
  const server = createTau2Server({ shop, token: values.token });
  const stop = (): void => {
    server.close().catch((thrown: unknown) => {
      process.stderr.write(`${String(thrown)}\n`);
      process.exitCode = 1;
    });
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  const address = await server.listen({ host: values.host, port });
  const { users, orders, products } = shop.state;
  const count = (table: object) => Object.keys(table).length;
  process.stdout.write(
    `Open: ${count(users)} customers, ${count(orders)} orders, ${count(products)} products.\n` +
      `Kefu uses it with KEFU_SHOP_URL=${address} KEFU_SHOP_TOKEN=${values.token}\n`,
  );
}

main().catch((thrown: unknown) => {
  process.stderr.write(`${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
  process.exitCode = 1;
});
