// Prints the OpenAPI document, for `npm run api:generate`. Argument: the version to name in it. Importing the platform
// loads reflect-metadata, which the DTO decorators need first.
import '@pugmark/platform';
import { offlineDocument } from './offline-document';

void offlineDocument(process.argv[2] ?? '').then((document) =>
  process.stdout.write(`${JSON.stringify(document, null, 2)}\n`),
);
