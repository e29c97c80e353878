// Renders images in a process of its own, since malformed files can crash the decoder. Forked by the renderer.
import { renderImage } from '@pugmark/images';
import { serveImageRequests } from './serve-image-requests';

serveImageRequests(renderImage);
