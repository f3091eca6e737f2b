/**
 * Flows of your own: copies the shipped flows to a folder, gives the shop another name, and checks the result as Kefu does at start.
 *
 *     npx tsx examples/04-own-wording.ts [my-flows] ["Blue Bicycle"]
 *     KEFU_FLOWS_DIR=my-flows npm start
 */
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toKefuError } from '../src/core/errors.ts';
import { loadFlowPack } from '../src/dialog/flow-pack.ts';

const [folder = 'my-flows', shop = 'Blue Bicycle'] = process.argv.slice(2);
const shipped = join(import.meta.dirname, '../flows');

await cp(shipped, folder, { recursive: true });
const file = join(folder, 'welcome.yaml');
const welcome = await readFile(file, 'utf8');
await writeFile(file, welcome.replaceAll('the Kefu demo shop', shop).replaceAll('客服演示商店', shop));

try {
  const pack = await loadFlowPack(folder);
  console.log(`${folder} is valid: ${String(pack.flows.size)} flows, version ${pack.version.slice(0, 12)}.`);
  console.log(`Start Kefu with it: KEFU_FLOWS_DIR=${folder} npm start`);
} catch (error) {
  // Every mistake is named with its file and line.
  console.error(toKefuError(error).message);
  process.exitCode = 1;
}
