// Prints the OpenAPI document, for `npm run api:generate`. Argument: the version that it is to name.
// Brings reflect-metadata, which the decorators of the DTO classes need before anything else.
import '@pugmark/platform';
import { offlineDocument } from './offline-document';

void offlineDocument(process.argv[2] ?? '').then((document) =>
  process.stdout.write(`${JSON.stringify(document, null, 2)}\n`),
);
