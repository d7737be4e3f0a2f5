// Runs the server audits of graphql-http against a GraphQL address: `node audit.mjs http://127.0.0.1:8080/graphql`.
// Anything but "ok" counts as a failure, warnings and notices too.
import { serverAudits } from 'graphql-http';

const url = process.argv[2];
if (!url) {
  console.error('usage: node audit.mjs URL');
  process.exit(2);
}

const audits = serverAudits({ url, fetchFn: fetch });
let passed = 0;
for (const audit of audits) {
  const result = await audit.fn();
  if (result.status === 'ok') {
    passed += 1;
  } else {
    console.log(`${result.status} ${audit.id} ${audit.name}: ${result.reason}`);
  }
}
console.log(`${passed} of ${audits.length}`);
process.exit(passed === audits.length && audits.length === 61 ? 0 : 1);
