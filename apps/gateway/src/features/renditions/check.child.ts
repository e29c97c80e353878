// Reads the headers of what people send, for the gateway, which must outlive any of it. Forked by PictureChecker.
import { checkImage } from '@pugmark/images';
import { servePictures } from './serve-image-requests';

servePictures(checkImage);
