// Builds the pages after `npm install`. An installation without development packages keeps the pages it was delivered with.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';

try {
  createRequire(import.meta.url).resolve('vite');
} catch {
  const built = existsSync(new URL('../src/web/dist/index.html', import.meta.url));
  console.log(built ? 'Keeping the pages as they are.' : 'The pages are not built: vite is not installed.');
  process.exit(0);
}
const { build } = await import('vite');
await build({ logLevel: 'warn' });
