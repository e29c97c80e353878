// Decodes pictures for the gateway, which must outlive any of them. Forked by Renderer.
import { renderImage } from '@pugmark/images';
import { servePictures } from './serve-image-requests';

servePictures(renderImage);
