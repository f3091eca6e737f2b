/** `npm run names:index`: computes models/names/index.bin from the lists beside it, to be run when these or `src/dialog/names` change. */
import { writeFileSync } from 'node:fs';
import { encodeIndices } from '../src/dialog/names/index-file.ts';
import { computeIndices, indexFile, listed } from '../src/dialog/names/lexicon.ts';

const [firsts, lasts] = [listed('first'), listed('last')];
const bytes = encodeIndices(computeIndices(firsts, lasts), firsts, lasts);
writeFileSync(indexFile, bytes);
process.stdout.write(`${firsts.length} first and ${lasts.length} last names, ${bytes.length} bytes.\n`);
