// Makes the demo's pictures below the folder in the first argument. A process of its own for tests, because pixel loops
// take five times as long inside Jest's sandbox.
import { makeDemoImages } from './make-demo-images';

void makeDemoImages(process.argv[2]!, () => undefined, new AbortController().signal);
