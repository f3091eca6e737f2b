/** The variables the tests were started with. Only this file and `src/app/config.ts` read them. */
export function testEnvironment(): Readonly<Record<string, string | undefined>> {
  return process.env;
}
