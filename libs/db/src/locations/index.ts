export { LocationRepository, type LocationChange, type LocationRow } from './location.repository';
