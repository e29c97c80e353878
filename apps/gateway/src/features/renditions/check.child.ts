// Reads image headers in a process of its own, since malformed files can crash the decoder. Forked by the image
// checker.
import { checkImage } from '@pugmark/images';
import { serveImageRequests } from './serve-image-requests';

serveImageRequests(checkImage);
