// Made from docs/openapi.json by `npm run api:generate`: not to be edited.

export interface paths {
    "/api/v1/projects": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The projects, oldest first */
        get: operations["listProjects"];
        put?: never;
        /** Makes a project */
        post: operations["createProject"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A project */
        get: operations["getProject"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /** Sets which models new runs of a project are for, and how its images are grouped */
        patch: operations["updateProject"];
        trace?: never;
    };
    "/api/v1/projects/{id}/locations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The locations of a project, oldest first */
        get: operations["listLocations"];
        put?: never;
        /** Makes a location */
        post: operations["createLocation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{id}/locations/import": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Makes and moves locations from a CSV file; all of its lines, or none */
        post: operations["importLocations"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/locations/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A location */
        get: operations["getLocation"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /** Renames or moves a location */
        patch: operations["updateLocation"];
        trace?: never;
    };
    "/api/v1/projects/{id}/taxa": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The taxa of a project by name, all or those that are looked for */
        get: operations["listTaxa"];
        put?: never;
        /** Makes a taxon, or brings the archived one of this name back */
        post: operations["createTaxon"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{id}/taxa/import": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Makes, corrects and brings back taxa from a CSV file; all of its lines, or none */
        post: operations["importTaxa"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/taxa/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A taxon, archived or not */
        get: operations["getTaxon"];
        put?: never;
        post?: never;
        /** Takes a taxon off the list; what was observed keeps it */
        delete: operations["archiveTaxon"];
        options?: never;
        head?: never;
        /** Corrects a taxon, in all that was observed of it too */
        patch: operations["updateTaxon"];
        trace?: never;
    };
    "/api/v1/projects/{id}/deployments": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The deployments of a project, oldest first */
        get: operations["listDeployments"];
        put?: never;
        /** Makes a deployment, and the location that it names */
        post: operations["createDeployment"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{id}/deployments/import": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Makes and corrects deployments from a CSV file; all of its lines, or none */
        post: operations["importDeployments"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/deployments/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A deployment, and how the times of its images are */
        get: operations["getDeployment"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /** Corrects a deployment and, with it, the times of its images */
        patch: operations["updateDeployment"];
        trace?: never;
    };
    "/api/v1/deployments/{id}/static-boxes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Boxes that are the same in 20 or more images of a deployment, oldest first */
        get: operations["listStaticBoxes"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/deployments/{id}/static-boxes/find": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Looks for the static boxes of a deployment now; a minute after new results it is done anyway */
        post: operations["findStaticBoxes"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/static-boxes/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A static box */
        get: operations["getStaticBox"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /** Says that what a static box holds is real, so that it counts, or takes that back */
        patch: operations["updateStaticBox"];
        trace?: never;
    };
    "/api/v1/ingests": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Takes in the pictures of a folder on the server */
        post: operations["createIngest"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/ingests/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How far an ingest is */
        get: operations["getIngest"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/ingests/{id}/files": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What became of each file of an ingest */
        get: operations["listIngestFiles"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/uploads": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Takes in the pictures of a form, all of them or none */
        post: operations["uploadPictures"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/uploads/zip": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Takes in the pictures of a ZIP archive with their folders, all of them or none */
        post: operations["uploadZip"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/images": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Images and what was found in them */
        get: operations["listImages"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/images/missing": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Which of these contents the project does not hold yet: what is left to upload */
        post: operations["findMissingImages"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/images/count": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How many images pass the filters */
        get: operations["countImages"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/images/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** An image and what was found in it */
        get: operations["getImage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /** Corrects an image's deployment or time */
        patch: operations["updateImage"];
        trace?: never;
    };
    "/api/v1/images/{id}/original": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The file as it came, or the part of it that Range asks for */
        get: operations["getOriginal"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/images/{id}/thumbnail": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A JPEG of at most 320 pixels on its longer side, for looking at */
        get: operations["getThumbnail"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/images/{id}/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A JPEG of at most 1280 pixels on its longer side, for looking at */
        get: operations["getPreview"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/images/{id}/review": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What counts for an image and whose word it is, with what the machine proposes beside it */
        get: operations["getReview"];
        /** Says all that is on an image */
        put: operations["setReview"];
        post?: never;
        /** Takes the human’s word back: the machine counts again; the history stays */
        delete: operations["withdrawReview"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/images/{id}/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What was ever said of an image, by whom and when, newest first */
        get: operations["listHistory"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/reviews": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Does one action to images, or to those of an event; says what became of each */
        post: operations["reviewImages"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/reviews/undo": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Undoes a request about many images, where nothing else was said since */
        post: operations["undoBatch"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/reviews/{id}/undo": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Undoes the review that counts for its image: what was said before counts again */
        post: operations["undoReview"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/reviews/{id}/redo": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Says again what was undone */
        post: operations["redoReview"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/review-queue": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What to review next: one image for each event, what pays most first */
        get: operations["listReviewQueue"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/runs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The runs of a project, oldest first */
        get: operations["listRuns"];
        put?: never;
        /** Puts images to a model; it is done in the background */
        post: operations["createRun"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/runs/compare": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Two runs over the same images, side by side */
        get: operations["compareRuns"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/runs/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How far a run is, and what it found */
        get: operations["getRun"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /** Moves a run before others, or behind them */
        patch: operations["updateRun"];
        trace?: never;
    };
    "/api/v1/runs/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Cancels what has not ended of a run */
        post: operations["cancelRun"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/runs/{id}/pause": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Begins nothing more of a run until it is resumed; what runs is finished */
        post: operations["pauseRun"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/runs/{id}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Goes on with a run that was paused */
        post: operations["resumeRun"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/runs/{id}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Starts over what failed of a run, with a fresh number of attempts */
        post: operations["retryRun"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/models": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** All models */
        get: operations["listModels"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/models/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A model */
        get: operations["getModel"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/models/{id}/default": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Makes a detector that of runs whose project names none */
        put: operations["makeModelDefault"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Events of a project: independent visits */
        get: operations["listEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/events/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** An event */
        get: operations["getEvent"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/deployments/{id}/sequences": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The images of a deployment that have a time, by sequence, in order of time */
        get: operations["listSequences"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/statistics/summary": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A study in a few numbers */
        get: operations["getSummary"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/statistics/captures": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Events, and how many to 100 trap-nights */
        get: operations["getCaptures"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/statistics/activity": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Events by the hour of the day in which they began */
        get: operations["getActivity"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/statistics/timeline": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Events by the day, week or month in which they began */
        get: operations["getTimeline"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/statistics/presence": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Where events were, by location */
        get: operations["getPresence"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/processing/status": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How many pictures wait for a model, and how fast they go */
        get: operations["getProcessingStatus"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/exports": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The exports of a project, oldest first */
        get: operations["listExports"];
        put?: never;
        /** Asks for an export; it is made in the background */
        post: operations["createExport"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/exports/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How far an export is, and where its file is */
        get: operations["getExport"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/exports/{id}/download": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The file of an export, or the part of it that Range asks for */
        get: operations["downloadExport"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/exports/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Cancels an export that has not ended */
        post: operations["cancelExport"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/feed": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How runs and exports go on, and, for keys that are not bound to projects, incidents: as server-sent events */
        get: operations["listenToFeed"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/incidents": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What the watchdog found wrong, newest first; not for keys that are bound to projects */
        get: operations["listIncidents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/incidents/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What is or was wrong, and whether it still is; not for keys that are bound to projects */
        get: operations["getIncident"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/system": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What is up, what computes, and whether work arrives where it is done */
        get: operations["getSystem"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The keys, oldest first, revoked ones too; never the keys themselves */
        get: operations["listKeys"];
        put?: never;
        /** Makes a key and shows it, this once */
        post: operations["createKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/keys/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What a key may do, and when it was last used */
        get: operations["getKey"];
        put?: never;
        post?: never;
        /** Revokes a key and ends its sessions, at once and for good */
        delete: operations["revokeKey"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who asked for which change, newest first */
        get: operations["listAuditLog"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who is asking, and what they may do */
        get: operations["getSession"];
        put?: never;
        /** Signs in with a key: answers a cookie, and the token that changes need */
        post: operations["signIn"];
        /** Ends the session of the cookie */
        delete: operations["signOut"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** This document */
        get: operations["getOpenApi"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        ActivityResponse: {
            /** @description Events without a known time: in no hour. */
            withoutTime: number;
            /** @description By the sun, events at places without coordinates: in no hour either. */
            withoutPlace: number;
            /** @description 24 numbers each, of the hours from 0 on. */
            kinds: components["schemas"]["SeriesResponse"][];
        };
        AuditEntryResponse: {
            id: number;
            /** Format: date-time */
            at: string;
            /** @description Null: no key was asked for. */
            keyId: number | null;
            keyName: string | null;
            /** @description An operationId of this document. */
            operation: string;
            path: string;
            remoteAddress: string | null;
            requestId: string;
            /** @description What was answered; 499: the client had gone; null: nothing yet, or the server ended before it could. */
            status: number | null;
        };
        BoxBody: {
            x: number;
            y: number;
            width: number;
            height: number;
        };
        BoxResponse: {
            x: number;
            y: number;
            width: number;
            height: number;
        };
        BrokerResponse: {
            /** @description Connected, verified, not blocked, and every consumer subscribed. */
            ready: boolean;
            /** @enum {string} */
            publisher: "up" | "down" | "blocked";
            consumers: {
                [key: string]: "subscribed" | "down";
            };
            topology: string;
            /** @description One line for each thing that is not as it should be. */
            problems: string[];
        };
        CaptureRateResponse: {
            /**
             * @description Null: all labels that are not listed by themselves.
             * @enum {string|null}
             */
            category: "animal" | "person" | "vehicle" | null;
            /** @description Null unless grouped by label. */
            label: string | null;
            events: number;
            /** @description The largest number in one image of each event, added up over the events. */
            individuals: number;
            /** @description Events that began within the dates of their deployment: those that the rate counts. */
            ratedEvents: number;
            /** @description 100 × `ratedEvents` / `trapNights`; null without a night. */
            per100TrapNights: number | null;
        };
        CaptureRatesResponse: {
            total: components["schemas"]["CapturesResponse"];
            /** @description Empty unless `by` is given. */
            groups: components["schemas"]["CapturesAtResponse"][];
        };
        CapturesAtResponse: {
            deployments: number;
            /** @description Of them, those without a known start: their nights are not known, and are in no rate. */
            deploymentsWithoutDates: number;
            /** @description Nights that a camera stood; null where no deployment has dates. */
            trapNights: number | null;
            kinds: components["schemas"]["CaptureRateResponse"][];
            deploymentId: number | null;
            deploymentName: string | null;
            locationId: number | null;
            locationName: string | null;
        };
        CapturesResponse: {
            deployments: number;
            /** @description Of them, those without a known start: their nights are not known, and are in no rate. */
            deploymentsWithoutDates: number;
            /** @description Nights that a camera stood; null where no deployment has dates. */
            trapNights: number | null;
            kinds: components["schemas"]["CaptureRateResponse"][];
        };
        ClassificationResponse: {
            label: string;
            score: number;
            /** @description The classifier. */
            model: string;
        };
        ClassifierResponse: {
            name: string;
            version: string;
            /** @enum {string} */
            category: "animal" | "person" | "vehicle";
            threshold: number;
        };
        ClassifyBody: {
            modelId: number;
            /**
             * @description Only detections of this category.
             * @default animal
             * @enum {string}
             */
            category?: "animal" | "person" | "vehicle";
            /**
             * @description Only detections from this confidence on.
             * @default 0.2
             */
            threshold?: number;
        };
        ClassifyResponse: {
            modelId: number;
            /** @enum {string} */
            category: "animal" | "person" | "vehicle";
            threshold: number;
        };
        ComparedImageResponse: {
            imageId: number;
            agree: boolean;
            a: components["schemas"]["RunVerdictResponse"];
            b: components["schemas"]["RunVerdictResponse"];
        };
        CountingReviewResponse: {
            id: number;
            /** @description What was done: an action, `set` for all at once, `redo` for an undone one that was said again. */
            action: string;
            note: string | null;
            /** @description The name of the key at that time. */
            reviewer: string;
            keyId: number | null;
            /** Format: date-time */
            at: string;
            /**
             * Format: uuid
             * @description Of the request that said the same of several images.
             */
            batchId: string | null;
        };
        CreateDeploymentBody: {
            /** @description WGS 84, degrees; given with the longitude or not at all. */
            latitude?: number | null;
            longitude?: number | null;
            /** @description Seconds to add to the camera's clock to get the local time. */
            clockOffsetSeconds?: number | null;
            /** @description Which camera stands there, as people name it. */
            camera?: string | null;
            /** @description Where it stands; a location of this name is made if the project has none. */
            locationName?: string | null;
            /** Format: date-time */
            startsAt?: string | null;
            /** Format: date-time */
            endsAt?: string | null;
            name: string;
            /** @description IANA name of the zone that the camera's clock shows, such as `Europe/Berlin`. */
            timezone: string;
        };
        CreatedKeyResponse: {
            id: number;
            name: string;
            /** @description How the key begins. */
            prefix: string;
            scopes: ("read" | "review" | "ingest" | "run" | "export" | "admin")[];
            projectIds: number[] | null;
            /** Format: date-time */
            expiresAt: string | null;
            /** Format: date-time */
            revokedAt: string | null;
            /**
             * Format: date-time
             * @description To a minute.
             */
            lastUsedAt: string | null;
            /** Format: date-time */
            createdAt: string;
            /** @description The key itself: shown this once. */
            key: string;
        };
        CreateExportBody: {
            projectId: number;
            /** @enum {string} */
            format: "csv";
            /**
             * @description `detections`: what models found, each box. `observations`: what counts in each image, by a human’s word or else a machine’s.
             * @enum {string}
             */
            content: "detections" | "observations";
            /** @default {} */
            filter?: components["schemas"]["ExportFilterBody"];
        };
        CreateIngestBody: {
            projectId: number;
            deploymentId?: number | null;
            /** @description Absolute path on the server, inside an allowed root. */
            folder: string;
            /**
             * @description `reference`: the pictures stay where they are; `copy`: they are copied into the storage.
             * @default reference
             * @enum {string}
             */
            mode?: "reference" | "copy";
            /**
             * @description Start a run over what is added.
             * @default true
             */
            detect?: boolean;
        };
        CreateKeyBody: {
            /** @description Whose it is, or what for. */
            name: string;
            /** @description What it may do; `admin` is everything. */
            scopes: ("read" | "review" | "ingest" | "run" | "export" | "admin")[];
            /** @description The only projects that it may see; absent or null: all, those to come too. */
            projectIds?: number[] | null;
            /**
             * Format: date-time
             * @description Absent or null: it does not expire.
             */
            expiresAt?: string | null;
        };
        CreateLocationBody: {
            /** @description WGS 84, degrees; given with the longitude or not at all. */
            latitude?: number | null;
            longitude?: number | null;
            name: string;
        };
        CreateProjectBody: {
            name: string;
        };
        CreateRunBody: {
            projectId: number;
            /** @description Only the images of this deployment. */
            deploymentId?: number | null;
            /** @description Only the images that pass these filters. */
            filter?: components["schemas"]["ImageFilterBody"] | null;
            /** @description The detector; absent or null: the project's, else the default one. */
            modelId?: number | null;
            /** @description The classifier of what is found; absent: the project's; null: none. */
            classify?: components["schemas"]["ClassifyBody"] | null;
            /**
             * @description Higher goes first.
             * @default 0
             */
            priority?: number;
        };
        CreateTaxonBody: {
            commonName?: string | null;
            /**
             * @description `animal` unless it is said otherwise.
             * @enum {string}
             */
            category?: "animal" | "person" | "vehicle";
            /** @description Such as `species`, `genus`, `family`. */
            rank?: string | null;
            /** @description Upper and lower case are the same: a project has each name once. */
            scientificName: string;
        };
        DependenciesResponse: {
            /** @enum {string} */
            postgres: "up" | "down";
            /** @enum {string} */
            redis: "up" | "down" | "not configured";
            broker: components["schemas"]["BrokerResponse"];
        };
        DeploymentDetailsResponse: {
            latitude: number | null;
            longitude: number | null;
            id: number;
            projectId: number;
            name: string;
            camera: string | null;
            /** @description IANA name of the zone that the camera's clock shows. */
            timezone: string;
            clockOffsetSeconds: number;
            locationId: number | null;
            locationName: string | null;
            /** Format: date-time */
            startsAt: string | null;
            /** Format: date-time */
            endsAt: string | null;
            /** Format: date-time */
            createdAt: string;
            times: components["schemas"]["DeploymentTimesResponse"];
        };
        DeploymentResponse: {
            latitude: number | null;
            longitude: number | null;
            id: number;
            projectId: number;
            name: string;
            camera: string | null;
            /** @description IANA name of the zone that the camera's clock shows. */
            timezone: string;
            clockOffsetSeconds: number;
            locationId: number | null;
            locationName: string | null;
            /** Format: date-time */
            startsAt: string | null;
            /** Format: date-time */
            endsAt: string | null;
            /** Format: date-time */
            createdAt: string;
        };
        DeploymentTimesResponse: {
            images: number;
            withoutTime: number;
            /** @description Taken before the start or after the end of the deployment. */
            outOfDates: number;
            /** @description Readings that a change of the clocks skipped. */
            inDstGap: number;
            /** @description Readings that a change of the clocks showed twice. */
            inDstOverlap: number;
            /** Format: date-time */
            first: string | null;
            /** Format: date-time */
            last: string | null;
        };
        DetectionResponse: {
            id: number;
            /** @enum {string} */
            category: "animal" | "person" | "vehicle";
            /** @description What the detector calls it. */
            label: string;
            confidence: number;
            /** @description Fractions of the width and height of the image, from its upper left corner. */
            box: components["schemas"]["BoxResponse"];
            model: string;
            /** @description The same box is in 20 or more images of the deployment, and nobody said that it is real: it does not count. */
            static: boolean;
            /** @description The surest first. */
            classifications: components["schemas"]["ClassificationResponse"][];
        };
        EngineResponse: {
            /** @description Host, service and process. */
            worker: string;
            name: string;
            device: string;
            /** @description Why this engine was chosen. */
            reason: string;
            version: string;
            processes: number;
            /** @description Ready to take work. */
            processesUp: number;
        };
        EventResponse: {
            /** @description An event keeps it while it begins with the same image. */
            id: number;
            projectId: number;
            deploymentId: number | null;
            deploymentName: string | null;
            locationId: number | null;
            locationName: string | null;
            /** @enum {string} */
            category: "animal" | "person" | "vehicle";
            /** @description Null: a visit of the category, whatever it is called. */
            label: string | null;
            /**
             * Format: date-time
             * @description Null, as the end: one image of which the time or the deployment is not known.
             */
            startsAt: string | null;
            /** Format: date-time */
            endsAt: string | null;
            /** @description The start by the clocks of the place. */
            localStart: string | null;
            /** @description Hour of the start by the sun, at its highest at 12; null where the location has no coordinates. */
            solarHour: number | null;
            images: number;
            /** @description The largest number in one image of the event. */
            individuals: number;
            /** @description Of the surest; 1 where a person said so. */
            confidence: number;
            /** @description A person has looked at one of its images, or more. */
            reviewed: boolean;
            firstImageId: number;
            /** @description The image with the surest. */
            bestImageId: number;
        };
        ExportFilterBody: {
            deploymentId?: number | null;
            /** @description Of `detections` alone: what counts is of no run. */
            runId?: number | null;
            /** @enum {string|null} */
            category?: "animal" | "person" | "vehicle" | null;
            minConfidence?: number | null;
        };
        ExportResponse: {
            id: number;
            projectId: number;
            /** @enum {string} */
            format: "csv";
            /** @enum {string} */
            content: "detections" | "observations";
            filter: components["schemas"]["ExportFilterBody"];
            /** @enum {string} */
            status: "pending" | "processing" | "completed" | "failed" | "expired" | "cancelled";
            percent: number;
            rows: number | null;
            bytes: number | null;
            /** @description Of the file, hexadecimal. */
            sha256: string | null;
            /**
             * Format: date-time
             * @description The file can be downloaded until then at least.
             */
            expiresAt: string | null;
            error: components["schemas"]["FaultResponse"] | null;
            downloadUrl: string | null;
            /** Format: date-time */
            createdAt: string;
        };
        FaultResponse: {
            /** @description Stays the same, for programs. */
            code: string;
            message: string;
        };
        FieldErrorResponse: {
            /** @description Path of the field, such as `filter.minConfidence`. */
            field: string;
            message: string;
        };
        FoundByBothResponse: {
            a: number;
            b: number;
            both: number;
        };
        HistoryEntryResponse: {
            id: number;
            /** @description What was done: an action, `set` for all at once, `redo` for an undone one that was said again. */
            action: string;
            note: string | null;
            /** @description The name of the key at that time. */
            reviewer: string;
            keyId: number | null;
            /** Format: date-time */
            at: string;
            /**
             * Format: uuid
             * @description Of the request that said the same of several images.
             */
            batchId: string | null;
            /** @description All that was on the image from then on; null: the machine counted again. */
            observations: components["schemas"]["ReviewedObservationResponse"][] | null;
            /** Format: date-time */
            undoneAt: string | null;
            undoneBy: string | null;
            /** @description `redo`: the review that was said again. */
            redoOf: number | null;
            /** @description It is the one that counts. */
            counts: boolean;
        };
        ImageCountResponse: {
            count: number;
            /** @description False: there are more. Only by project, place, category, hour and review more than 100000 are counted, within a run 1000. */
            exact: boolean;
        };
        ImageCountsResponse: {
            images: number;
            /** @description A model has looked at them. `answered`, `pending` and `failed` make up all images. */
            answered: number;
            pending: number;
            failed: number;
            /** @description Looked at, by a model or a person, and nothing counts. */
            blank: number;
            /** @description With an animal that counts; an image may be with a person or a vehicle too. */
            animal: number;
            person: number;
            vehicle: number;
            reviewed: number;
            withoutTime: number;
            /** @description Boxes of the model that looked last, from its threshold on, without static ones; reviews change nothing of it. */
            detections: number;
        };
        ImageFilterBody: {
            deploymentId?: number | null;
            locationId?: number | null;
            ingestId?: number | null;
            /** @description Of this run, and judged by its model instead of by what counts; a `label` is always one that counts. */
            runId?: number | null;
            eventId?: number | null;
            /** @enum {string|null} */
            category?: "animal" | "person" | "vehicle" | "blank" | null;
            label?: string | null;
            minConfidence?: number | null;
            /** Format: date-time */
            capturedFrom?: string | null;
            /** Format: date-time */
            capturedTo?: string | null;
            hourFrom?: number | null;
            hourTo?: number | null;
            reviewed?: boolean | null;
            /** @enum {string|null} */
            status?: "pending" | "done" | "failed" | null;
            failedReason?: string | null;
            /** @enum {string|null} */
            timeIssue?: "no_time" | "out_of_dates" | "dst_gap" | "dst_overlap" | null;
        };
        ImageOutcomeResponse: {
            imageId: number;
            /**
             * @description `unchanged`: the human’s word was so already.
             * @enum {string}
             */
            outcome: "changed" | "unchanged" | "refused" | "undone";
            /** @description The review that was added or undone, or was to be. */
            reviewId: number | null;
            /** @description Why it was refused. */
            reason: components["schemas"]["ReasonResponse"] | null;
        };
        ImageResponse: {
            latitude: number | null;
            longitude: number | null;
            id: number;
            projectId: number;
            deploymentId: number | null;
            ingestId: number;
            fileName: string;
            sha256: string;
            format: string;
            bytes: number;
            width: number;
            height: number;
            /** @description What the clock of the camera showed. */
            capturedLocal: string | null;
            /** @description Local time at the deployment: what a person says, else the reading with the clock offset; null where neither is known. */
            localTime: string | null;
            timezone: string | null;
            /** Format: date-time */
            capturedAt: string | null;
            /**
             * @description Where the local time comes from.
             * @enum {string}
             */
            timeSource: "exif" | "manual" | "none";
            /**
             * @description A change of the clocks skipped the local time, or showed it twice.
             * @enum {string|null}
             */
            timeDoubt: "dst_gap" | "dst_overlap" | null;
            /** @description Taken before the start or after the end of the deployment. */
            outOfDates: boolean;
            cameraMake: string | null;
            cameraModel: string | null;
            /**
             * @description `pending` until a model has answered, else `done`; `failed` with a reason.
             * @enum {string}
             */
            status: "pending" | "done" | "failed";
            failure: components["schemas"]["FaultResponse"] | null;
            /**
             * @description The file was cut short.
             * @enum {string|null}
             */
            warning: "truncated" | null;
            detections: components["schemas"]["DetectionResponse"][];
        };
        ImageReviewResponse: {
            imageId: number;
            /**
             * @description Whose word counts; `none`: no model has looked at the image yet, and no person.
             * @enum {string}
             */
            source: "human" | "machine" | "none";
            /** @description What counts; none: a blank, unless nobody has looked. */
            observations: components["schemas"]["ReviewedObservationResponse"][];
            /** @description Null: no human’s word counts. */
            review: components["schemas"]["CountingReviewResponse"] | null;
            /** @description What the model proposes that looked last; null: none has. */
            machine: components["schemas"]["ProposalResponse"] | null;
        };
        ImportReport: {
            dryRun: boolean;
            created: number;
            updated: number;
            unchanged: number;
            faults: components["schemas"]["LineFault"][];
        };
        IncidentResponse: {
            id: number;
            /** @description The check that found it. */
            check: string;
            /** @description What it found it of. */
            subject: string;
            /** @enum {string} */
            severity: "warning" | "critical";
            /** @description What is wrong and what to do, for people. */
            message: string;
            /** Format: date-time */
            openedAt: string;
            /**
             * Format: date-time
             * @description When the check found it last.
             */
            seenAt: string;
            /**
             * Format: date-time
             * @description Null while it is still wrong.
             */
            resolvedAt: string | null;
        };
        IngestAccepted: {
            id: number;
            /** @description The run over what is added; null: none was asked for. */
            runId: number | null;
            /** @enum {string} */
            state: "pending" | "running" | "done" | "failed" | "cancelled";
        };
        IngestFileResponse: {
            /** @description Relative to the ingested folder. */
            path: string;
            /** @enum {string} */
            outcome: "added" | "duplicate" | "skipped";
            reasonCode: string | null;
            reason: string | null;
            imageId: number | null;
        };
        IngestResponse: {
            id: number;
            /** @description The run over what is added; null: none was asked for. */
            runId: number | null;
            /** @enum {string} */
            state: "pending" | "running" | "done" | "failed" | "cancelled";
            projectId: number;
            deploymentId: number | null;
            /** @enum {string} */
            source: "folder" | "upload";
            /** @enum {string} */
            mode: "reference" | "copy";
            /** @description As it was asked for; null for an upload. */
            folder: string | null;
            filesSeen: number;
            imagesAdded: number;
            duplicates: number;
            skipped: number;
            bytesAdded: number;
            /** @description Why the scan failed, or why its last attempt did. */
            error: components["schemas"]["FaultResponse"] | null;
            /** Format: date-time */
            createdAt: string;
        };
        KeyResponse: {
            id: number;
            name: string;
            /** @description How the key begins. */
            prefix: string;
            scopes: ("read" | "review" | "ingest" | "run" | "export" | "admin")[];
            projectIds: number[] | null;
            /** Format: date-time */
            expiresAt: string | null;
            /** Format: date-time */
            revokedAt: string | null;
            /**
             * Format: date-time
             * @description To a minute.
             */
            lastUsedAt: string | null;
            /** Format: date-time */
            createdAt: string;
        };
        KindCountResponse: {
            /**
             * @description Null: all labels that are not listed by themselves.
             * @enum {string|null}
             */
            category: "animal" | "person" | "vehicle" | null;
            /** @description Null unless grouped by label. */
            label: string | null;
            events: number;
            /** @description The largest number in one image of each event, added up over the events. */
            individuals: number;
        };
        LineFault: {
            /** @description Counted from 1, the one with the names of the columns. */
            line: number;
            /** @description Null: the line as a whole. */
            column: string | null;
            message: string;
        };
        LocationResponse: {
            latitude: number | null;
            longitude: number | null;
            id: number;
            projectId: number;
            name: string;
            /** Format: date-time */
            createdAt: string;
        };
        MissingImages: {
            /** @description Those of which the project has no image, in the order in which they were asked for, each once. */
            missing: string[];
        };
        MissingImagesBody: {
            projectId: number;
            /** @description Of whole files. */
            sha256: string[];
        };
        ModelFileResponse: {
            /** @description Relative to the folder of the model. */
            path: string;
            sha256: string;
        };
        ModelNameResponse: {
            name: string;
            version: string;
        };
        ModelResponse: {
            id: number;
            name: string;
            version: string;
            /** @enum {string} */
            stage: "detect" | "classify";
            /** @description The detector of runs whose project names none. */
            isDefault: boolean;
            licence: string;
            /** @description From which confidence on a detection counts. */
            threshold: number;
            labels: string[];
            files: components["schemas"]["ModelFileResponse"][];
            /** Format: date-time */
            createdAt: string;
        };
        PlacePresenceResponse: {
            latitude: number | null;
            longitude: number | null;
            locationId: number | null;
            /** @description Of a deployment whose location is not known; else null. */
            deploymentId: number | null;
            /** @description Of the location, or of the deployment. */
            name: string;
            deployments: number;
            deploymentsWithoutDates: number;
            trapNights: number | null;
            /** @description 0: a camera stood there, and it was not seen. */
            events: number;
            individuals: number;
            /** Format: date-time */
            firstSeen: string | null;
            /** Format: date-time */
            lastSeen: string | null;
            /** @description Local days on which an event began. */
            daysPresent: number;
            kinds: components["schemas"]["KindCountResponse"][];
        };
        PresenceResponse: {
            places: components["schemas"]["PlacePresenceResponse"][];
            /** @description Events of images whose deployment is not known: at no place. */
            withoutDeployment: number;
        };
        ProblemResponse: {
            /** @description `urn:pugmark:problem:` and a code that stays the same, for programs. */
            type: string;
            title: string;
            status: number;
            /** @description What is wrong and what to do, for people. */
            detail: string;
            instance: string;
            requestId: string;
            errors?: components["schemas"]["FieldErrorResponse"][];
        };
        ProcessingResponse: {
            ratePerMinute: number;
            /** @description Null when nothing moves: no one can say. */
            etaSeconds: number | null;
            processing: number;
            pending: number;
            completed: number;
            failed: number;
        };
        ProjectResponse: {
            id: number;
            name: string;
            /** @description The detector of new runs; null: the default one. */
            modelId: number | null;
            classify: components["schemas"]["ClassifyResponse"] | null;
            /** @description Longer between two images of a deployment, and a new sequence begins. */
            sequenceGapSeconds: number;
            /** @description Longer without a kind of animal at a deployment, and its next image begins a new event. */
            eventGapSeconds: number;
            /** Format: date-time */
            createdAt: string;
        };
        ProposalResponse: {
            model: string;
            /** @description None: the model takes the image for a blank. */
            observations: components["schemas"]["ProposedObservationResponse"][];
        };
        ProposedObservationResponse: {
            /** @enum {string} */
            category: "animal" | "person" | "vehicle";
            label: string;
            /** @description The species of the project by which a person named it. */
            taxonId: number | null;
            individuals: number;
            box: components["schemas"]["BoxResponse"] | null;
            /** @description The detection that it rests on; null: a person saw what the machine did not. */
            detectionId: number | null;
            confidence: number;
        };
        QueueEntryResponse: {
            /** @description Null: a blank. */
            eventId: number | null;
            /** @description The one to look at: with the surest detection. */
            imageId: number;
            deploymentId: number | null;
            /** @enum {string} */
            category: "animal" | "person" | "vehicle";
            /** @description Of the surest detection; of a blank’s below the threshold. */
            confidence: number;
            images: number;
            /** @description The most in one image. */
            individuals: number;
            /**
             * Format: date-time
             * @description Null: no time is known.
             */
            startsAt: string | null;
            /** Format: date-time */
            endsAt: string | null;
        };
        ReasonResponse: {
            /** @enum {string} */
            code: "unanswered" | "nothing_meant" | "several_kinds" | "already_there" | "too_many" | "already_undone" | "not_latest";
            message: string;
        };
        ResetEvent: {
            reason: string;
        };
        ReviewActionBody: {
            /** @enum {string} */
            type: "verify" | "blank" | "relabel" | "reject" | "add" | "count" | "withdraw";
            /**
             * @description `relabel`: the new category; or `taxonId`.
             * @enum {string|null}
             */
            category?: "animal" | "person" | "vehicle" | null;
            /** @description `relabel`: the species of the project that it is. */
            taxonId?: number | null;
            /** @description `relabel`: the new label, if not the category. `count`: what is counted, if it is not all of one kind. */
            label?: string | null;
            /** @description `count`: how many there are. */
            individuals?: number | null;
            /** @description `relabel`, `reject`, `count`: only what rests on this detection; of one image. */
            detectionId?: number | null;
            /** @description `relabel`, `reject`, `count`: only what is of this category and label. With an event: what the event is of, unless it is said here. */
            of?: components["schemas"]["SelectionBody"] | null;
            /** @description `add`: what is there too. */
            observation?: components["schemas"]["ReviewedObservationBody"] | null;
        };
        ReviewBatchResponse: {
            /**
             * Format: uuid
             * @description By this all of it can be undone.
             */
            batchId: string;
            changed: number;
            unchanged: number;
            refused: number;
            images: components["schemas"]["ImageOutcomeResponse"][];
        };
        ReviewedObservationBody: {
            /**
             * @description Absent or null: that of the taxon.
             * @enum {string|null}
             */
            category?: "animal" | "person" | "vehicle" | null;
            /** @description A species, or whatever it is called; absent or null: the name of the taxon, else the category, nothing more is known. */
            label?: string | null;
            /** @description A species of the project, which has its name and category. */
            taxonId?: number | null;
            /** @default 1 */
            individuals?: number;
            /** @description Where it is, in fractions of the image; absent or null: where the detection is, if one is named, else somewhere. */
            box?: components["schemas"]["BoxBody"] | null;
            /** @description The detection of the image that this confirms or corrects. */
            detectionId?: number | null;
        };
        ReviewedObservationResponse: {
            /** @enum {string} */
            category: "animal" | "person" | "vehicle";
            label: string;
            /** @description The species of the project by which a person named it. */
            taxonId: number | null;
            individuals: number;
            box: components["schemas"]["BoxResponse"] | null;
            /** @description The detection that it rests on; null: a person saw what the machine did not. */
            detectionId: number | null;
        };
        ReviewImagesBody: {
            projectId: number;
            /** @description Of the project; this or `eventId`. */
            imageIds?: number[] | null;
            /** @description All images of this event. */
            eventId?: number | null;
            action: components["schemas"]["ReviewActionBody"];
            note?: string | null;
        };
        RouteResponse: {
            kind: string;
            queue: string;
            state: string;
            /** @description The process that answered last. */
            responder: string | null;
            /** @description From publish to answer, of the last probe that was answered. */
            roundTripMs: number | null;
            /** Format: date-time */
            answeredAt: string | null;
        };
        RunComparisonResponse: {
            /** @description Images that both runs have answered. */
            images: number;
            /** @description Images that only run a has answered. */
            onlyA: number;
            onlyB: number;
            /** @description Images in which both found the same categories. */
            agreeing: number;
            /** @description By category, images in which each found it, and in which both did; `blank` where a run found nothing. */
            counts: {
                [key: string]: components["schemas"]["FoundByBothResponse"];
            };
            /** @description Images by what a says (outer) and what b says (inner). */
            confusion: {
                [key: string]: {
                    [key: string]: number;
                };
            };
            items: components["schemas"]["ComparedImageResponse"][];
            /** @description For the next page; null on the last one. */
            nextCursor: string | null;
        };
        RunCountsResponse: {
            total: number;
            waiting: number;
            queued: number;
            running: number;
            done: number;
            failed: number;
            cancelled: number;
        };
        RunListItem: {
            id: number;
            projectId: number;
            model: components["schemas"]["ModelNameResponse"];
            classify: components["schemas"]["ClassifierResponse"] | null;
            priority: number;
            /** @enum {string} */
            state: "active" | "paused" | "done" | "cancelled";
            counts: components["schemas"]["RunCountsResponse"];
            /** Format: date-time */
            createdAt: string;
        };
        RunProgress: {
            id: number;
            projectId: number;
            model: components["schemas"]["ModelNameResponse"];
            classify: components["schemas"]["ClassifierResponse"] | null;
            priority: number;
            /** @enum {string} */
            state: "active" | "paused" | "done" | "cancelled";
            counts: components["schemas"]["RunCountsResponse"];
            /** Format: date-time */
            createdAt: string;
            ratePerMinute: number;
            /** @description Null when nothing moves, or the run is paused: no one can say. */
            etaSeconds: number | null;
        };
        RunResponse: {
            id: number;
            projectId: number;
            model: components["schemas"]["ModelNameResponse"];
            classify: components["schemas"]["ClassifierResponse"] | null;
            priority: number;
            /** @enum {string} */
            state: "active" | "paused" | "done" | "cancelled";
            counts: components["schemas"]["RunCountsResponse"];
            /** Format: date-time */
            createdAt: string;
            ratePerMinute: number;
            /** @description Null when nothing moves, or the run is paused: no one can say. */
            etaSeconds: number | null;
            summary: components["schemas"]["RunSummaryResponse"];
            engines: string[];
        };
        RunSummaryResponse: {
            images: number;
            blanks: number;
            animals: number;
            people: number;
            vehicles: number;
            failed: number;
            /** @description Answered, but with a warning: the file was cut short. */
            marked: number;
        };
        RunVerdictResponse: {
            /** @enum {string} */
            verdict: "animal" | "person" | "vehicle" | "blank";
            categories: ("animal" | "person" | "vehicle")[];
            /** @description Of the surest detection that counts; null for a blank. */
            confidence: number | null;
        };
        SelectionBody: {
            /** @enum {string|null} */
            category?: "animal" | "person" | "vehicle" | null;
            label?: string | null;
        };
        SequenceResponse: {
            /** Format: date-time */
            startsAt: string;
            /** Format: date-time */
            endsAt: string;
            /** @description It goes on from the one before: of a very long sequence this is a part. */
            continued: boolean;
            /** @description In order of time. */
            imageIds: number[];
        };
        SeriesResponse: {
            /**
             * @description Null: all labels that are not listed by themselves.
             * @enum {string|null}
             */
            category: "animal" | "person" | "vehicle" | null;
            /** @description Null unless grouped by label. */
            label: string | null;
            events: number[];
            /** @description The largest number in one image of each event, added up over the events. */
            individuals: number[];
        };
        SessionBody: {
            /** @description The key to sign in with. */
            key: string;
        };
        SessionResponse: {
            name: string;
            /** @description How the key begins; null where no keys are asked for. */
            prefix: string | null;
            scopes: ("read" | "review" | "ingest" | "run" | "export" | "admin")[];
            projectIds: number[] | null;
            /** @description To be sent as `x-csrf-token` with each change; null unless a cookie was sent. */
            csrfToken: string | null;
        };
        SetReviewBody: {
            /** @description None: the image is blank. */
            observations: components["schemas"]["ReviewedObservationBody"][];
            note?: string | null;
        };
        StaticBoxResponse: {
            id: number;
            projectId: number;
            deploymentId: number;
            /** @enum {string} */
            category: "animal" | "person" | "vehicle";
            /** @description Fractions of the width and height of the image, from its upper left corner. */
            box: components["schemas"]["BoxResponse"];
            /** @description With a detection that belongs to it. 0: it is in less than 20 by now, and hides nothing. */
            images: number;
            /** @description One of these images, to look at. */
            exampleImageId: number | null;
            /**
             * Format: date-time
             * @description When the first of these images was taken; a few minutes before the last, and it may be an animal that lay still.
             */
            firstAt: string | null;
            /** Format: date-time */
            lastAt: string | null;
            /**
             * Format: date-time
             * @description Since when its detections count, because a person said so.
             */
            unmarkedAt: string | null;
            /** @description The name of the key with which that was said. */
            unmarkedBy: string | null;
            /** Format: date-time */
            createdAt: string;
        };
        StaticSearchResponse: {
            /** @description Static boxes of the deployment that are in 20 or more images now, unmarked ones too. */
            boxes: number;
            /** @description Of them, those that were not known. */
            newBoxes: number;
            /** @description Images with detections that belong to another box than before, to one now, or to none any more. */
            changedImages: number;
        };
        SummaryResponse: {
            deployments: number;
            /** @description Of them, those without a known start: their nights are not known, and are in no rate. */
            deploymentsWithoutDates: number;
            /** @description Nights that a camera stood; null where no deployment has dates. */
            trapNights: number | null;
            /** @description Null with `label` or `minConfidence`: `GET /images/count` counts those. */
            images: components["schemas"]["ImageCountsResponse"] | null;
            events: number;
            individuals: number;
            /** @description Events without a known time: each of one image. */
            withoutTime: number;
            /** @description At which the deployments stood. */
            locations: number;
            kinds: components["schemas"]["KindCountResponse"][];
        };
        SystemResponse: {
            version: string;
            uptimeSeconds: number;
            /** @description Null: unknown, the database does not answer. */
            models: components["schemas"]["ModelResponse"][] | null;
            /** @description What the workers compute with, and why; empty when none is up; null: unknown. */
            engines: components["schemas"]["EngineResponse"][] | null;
            dependencies: components["schemas"]["DependenciesResponse"];
            /** @description Whether work that is put on a route arrives at someone who does it, and who that is. */
            routes: components["schemas"]["RouteResponse"][];
        };
        TaxonResponse: {
            id: number;
            projectId: number;
            scientificName: string;
            commonName: string | null;
            /** @enum {string} */
            category: "animal" | "person" | "vehicle";
            rank: string | null;
            /**
             * Format: date-time
             * @description Since when it cannot be chosen any more; null: it can.
             */
            archivedAt: string | null;
            /** Format: date-time */
            createdAt: string;
        };
        TimelineResponse: {
            /** @description The first day of each step, of the local calendars; no step is left out. */
            steps: string[];
            /** @description Of each step; a night belongs to the day on which it begins. 0: no camera whose dates are known stood then. */
            trapNights: number[];
            /** @description Events without a known time: in no step. */
            withoutTime: number;
            /** @description One number for each step. */
            kinds: components["schemas"]["SeriesResponse"][];
        };
        UndoBatchBody: {
            projectId: number;
            /** Format: uuid */
            batchId: string;
        };
        UpdateDeploymentBody: {
            /** @description WGS 84, degrees; given with the longitude or not at all. */
            latitude?: number | null;
            longitude?: number | null;
            /** @description Seconds to add to the camera's clock to get the local time. */
            clockOffsetSeconds?: number | null;
            /** @description Which camera stands there, as people name it. */
            camera?: string | null;
            /** @description Where it stands; a location of this name is made if the project has none. */
            locationName?: string | null;
            /** Format: date-time */
            startsAt?: string | null;
            /** Format: date-time */
            endsAt?: string | null;
            name?: string;
            /** @description IANA name of the zone that the camera's clock shows, such as `Europe/Berlin`. */
            timezone?: string;
        };
        UpdateImageBody: {
            /** @description Null: it belongs to none. */
            deploymentId?: number | null;
            /** @description Local time at the deployment, `YYYY-MM-DDTHH:mm:ss`; it stands beside the camera's reading and wins. Null takes it back. */
            localTime?: string | null;
        };
        UpdateLocationBody: {
            /** @description WGS 84, degrees; given with the longitude or not at all. */
            latitude?: number | null;
            longitude?: number | null;
            name?: string;
        };
        UpdateProjectBody: {
            /** @description The detector; null for the default one. */
            modelId?: number | null;
            /** @description The classifier of what the detector finds; null for none. */
            classify?: components["schemas"]["ClassifyBody"] | null;
            /** @description Longer between two images of a deployment, and a new sequence begins. */
            sequenceGapSeconds?: number;
            /** @description Longer without a kind of animal at a deployment, and its next image begins a new event. All events of the project are formed anew. */
            eventGapSeconds?: number;
        };
        UpdateRunBody: {
            /** @description Higher goes first. What is rung already keeps its place; what waits of a large run gets the new priority within seconds. */
            priority: number;
        };
        UpdateStaticBoxBody: {
            /** @description True: what the box holds is real, and counts. False takes that back. */
            unmarked: boolean;
        };
        UpdateTaxonBody: {
            commonName?: string | null;
            /**
             * @description `animal` unless it is said otherwise.
             * @enum {string}
             */
            category?: "animal" | "person" | "vehicle";
            /** @description Such as `species`, `genus`, `family`. */
            rank?: string | null;
            scientificName?: string;
        };
    };
    responses: {
        /** @description Bad Request */
        BadRequest: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ProblemResponse"];
            };
        };
        /** @description Unauthorized */
        Unauthorized: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ProblemResponse"];
            };
        };
        /** @description Forbidden */
        Forbidden: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ProblemResponse"];
            };
        };
        /** @description Not Found */
        NotFound: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ProblemResponse"];
            };
        };
        /** @description Conflict */
        Conflict: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ProblemResponse"];
            };
        };
        /** @description Gone */
        Gone: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ProblemResponse"];
            };
        };
        /** @description Precondition Failed */
        PreconditionFailed: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ProblemResponse"];
            };
        };
        /** @description Payload Too Large */
        PayloadTooLarge: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ProblemResponse"];
            };
        };
        /** @description Unsupported Media Type */
        UnsupportedMediaType: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ProblemResponse"];
            };
        };
        /** @description Range Not Satisfiable */
        RangeNotSatisfiable: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ProblemResponse"];
            };
        };
        /** @description Unprocessable Entity */
        UnprocessableEntity: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ProblemResponse"];
            };
        };
        /** @description Too Many Requests */
        TooManyRequests: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "Retry-After": components["headers"]["Retry-After"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ProblemResponse"];
            };
        };
        /** @description Service Unavailable */
        ServiceUnavailable: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                "Retry-After": components["headers"]["Retry-After"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ProblemResponse"];
            };
        };
        /** @description Insufficient Storage */
        InsufficientStorage: {
            headers: {
                "X-Request-Id": components["headers"]["X-Request-Id"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["ProblemResponse"];
            };
        };
    };
    parameters: never;
    requestBodies: never;
    headers: {
        /** @description Of this request; the log of the gateway tells more under it. */
        "X-Request-Id": string;
        /** @description Strong, of this very answer: for If-None-Match, and for If-Match where the operation takes it. */
        ETag: string;
        /** @description Seconds after which to try again. */
        "Retry-After": number;
    };
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    listProjects: {
        parameters: {
            query?: {
                limit?: number;
                /** @description `nextCursor` of the page before. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["ProjectResponse"][];
                        /** @description For the next page; null on the last one. */
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Not Modified: as it was under the ETag in If-None-Match. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    createProject: {
        parameters: {
            query?: never;
            header?: {
                /** @description Sent again with the same key, the request makes nothing twice; remembered for two days. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateProjectBody"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    /** @description Of what was made. */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProjectResponse"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getProject: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Of the project. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProjectResponse"];
                };
            };
            /** @description Not Modified: as it was under the ETag in If-None-Match. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    updateProject: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag that GET answered: if the present one is another, nothing is changed (412). `*`: whichever it is. */
                "If-Match"?: string;
            };
            path: {
                /** @description Of the project. */
                id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UpdateProjectBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProjectResponse"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listLocations: {
        parameters: {
            query?: {
                limit?: number;
                /** @description `nextCursor` of the page before. */
                cursor?: string;
            };
            header?: never;
            path: {
                /** @description Of the project. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["LocationResponse"][];
                        /** @description For the next page; null on the last one. */
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Not Modified: as it was under the ETag in If-None-Match. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    createLocation: {
        parameters: {
            query?: never;
            header?: {
                /** @description Sent again with the same key, the request makes nothing twice; remembered for two days. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description Of the project. */
                id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateLocationBody"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    /** @description Of what was made. */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LocationResponse"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    importLocations: {
        parameters: {
            query?: {
                /** @description Only say what would be done, and every line that is at fault. */
                dryRun?: boolean;
            };
            header?: never;
            path: {
                /** @description Of the project. */
                id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "text/csv": string;
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ImportReport"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getLocation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Of the location. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LocationResponse"];
                };
            };
            /** @description Not Modified: as it was under the ETag in If-None-Match. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    updateLocation: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag that GET answered: if the present one is another, nothing is changed (412). `*`: whichever it is. */
                "If-Match"?: string;
            };
            path: {
                /** @description Of the location. */
                id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UpdateLocationBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LocationResponse"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listTaxa: {
        parameters: {
            query?: {
                limit?: number;
                /** @description `nextCursor` of the page before. */
                cursor?: string;
                /** @description Beginnings of words of the scientific or the common name, in upper or lower case; all of them must be there. */
                q?: string;
                /** @description Those that were archived, instead of those that can be chosen. */
                archived?: boolean;
            };
            header?: never;
            path: {
                /** @description Of the project. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["TaxonResponse"][];
                        /** @description For the next page; null on the last one. */
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Not Modified: as it was under the ETag in If-None-Match. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    createTaxon: {
        parameters: {
            query?: never;
            header?: {
                /** @description Sent again with the same key, the request makes nothing twice; remembered for two days. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description Of the project. */
                id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateTaxonBody"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    /** @description Of what was made. */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TaxonResponse"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    importTaxa: {
        parameters: {
            query?: {
                /** @description Only say what would be done, and every line that is at fault. */
                dryRun?: boolean;
            };
            header?: never;
            path: {
                /** @description Of the project. */
                id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "text/csv": string;
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ImportReport"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getTaxon: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Of the taxon. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TaxonResponse"];
                };
            };
            /** @description Not Modified: as it was under the ETag in If-None-Match. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    archiveTaxon: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Of the taxon. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    updateTaxon: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag that GET answered: if the present one is another, nothing is changed (412). `*`: whichever it is. */
                "If-Match"?: string;
            };
            path: {
                /** @description Of the taxon. */
                id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UpdateTaxonBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TaxonResponse"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listDeployments: {
        parameters: {
            query?: {
                limit?: number;
                /** @description `nextCursor` of the page before. */
                cursor?: string;
            };
            header?: never;
            path: {
                /** @description Of the project. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["DeploymentResponse"][];
                        /** @description For the next page; null on the last one. */
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Not Modified: as it was under the ETag in If-None-Match. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    createDeployment: {
        parameters: {
            query?: never;
            header?: {
                /** @description Sent again with the same key, the request makes nothing twice; remembered for two days. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description Of the project. */
                id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateDeploymentBody"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    /** @description Of what was made. */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeploymentResponse"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    importDeployments: {
        parameters: {
            query?: {
                /** @description Only say what would be done, and every line that is at fault. */
                dryRun?: boolean;
            };
            header?: never;
            path: {
                /** @description Of the project. */
                id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "text/csv": string;
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ImportReport"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getDeployment: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Of the deployment. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeploymentDetailsResponse"];
                };
            };
            /** @description Not Modified: as it was under the ETag in If-None-Match. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    updateDeployment: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag that GET answered: if the present one is another, nothing is changed (412). `*`: whichever it is. */
                "If-Match"?: string;
            };
            path: {
                /** @description Of the deployment. */
                id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UpdateDeploymentBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeploymentDetailsResponse"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listStaticBoxes: {
        parameters: {
            query?: {
                limit?: number;
                /** @description `nextCursor` of the page before. */
                cursor?: string;
            };
            header?: never;
            path: {
                /** @description Of the deployment. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["StaticBoxResponse"][];
                        /** @description For the next page; null on the last one. */
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Not Modified: as it was under the ETag in If-None-Match. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    findStaticBoxes: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Of the deployment. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StaticSearchResponse"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getStaticBox: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Of the static box. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StaticBoxResponse"];
                };
            };
            /** @description Not Modified: as it was under the ETag in If-None-Match. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    updateStaticBox: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag that GET answered: if the present one is another, nothing is changed (412). `*`: whichever it is. */
                "If-Match"?: string;
            };
            path: {
                /** @description Of the static box. */
                id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UpdateStaticBoxBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StaticBoxResponse"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    createIngest: {
        parameters: {
            query?: never;
            header?: {
                /** @description Sent again with the same key, the request makes nothing twice; remembered for two days. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateIngestBody"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    /** @description Of what was made. */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IngestAccepted"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getIngest: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Of the ingest. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IngestResponse"];
                };
            };
            /** @description Not Modified: as it was under the ETag in If-None-Match. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listIngestFiles: {
        parameters: {
            query?: {
                limit?: number;
                /** @description `nextCursor` of the page before. */
                cursor?: string;
                outcome?: "added" | "duplicate" | "skipped";
            };
            header?: never;
            path: {
                /** @description Of the ingest. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["IngestFileResponse"][];
                        /** @description For the next page; null on the last one. */
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Not Modified: as it was under the ETag in If-None-Match. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    uploadPictures: {
        parameters: {
            query: {
                projectId: number;
                deploymentId?: number;
                detect?: boolean;
            };
            header?: {
                /** @description Sent again with the same key, the request makes nothing twice; remembered for two days. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "multipart/form-data": {
                    /** @description The pictures, each with the name of its file. */
                    files: Blob[];
                };
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    /** @description Of what was made. */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IngestAccepted"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
            507: components["responses"]["InsufficientStorage"];
        };
    };
    uploadZip: {
        parameters: {
            query: {
                projectId: number;
                deploymentId?: number;
                detect?: boolean;
            };
            header?: {
                /** @description Sent again with the same key, the request makes nothing twice; remembered for two days. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/zip": Blob;
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    /** @description Of what was made. */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IngestAccepted"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
            507: components["responses"]["InsufficientStorage"];
        };
    };
    listImages: {
        parameters: {
            query?: {
                deploymentId?: number;
                /** @description Of all deployments at this location. */
                locationId?: number;
                /** @description A species, or whatever models and people call it, to the letter; with a `category`, what is called so and of it. */
                label?: string;
                /** @description Default: the threshold of the model that found it. What people say has the confidence 1. */
                minConfidence?: number;
                /** @description Images without a known time lie in no range. */
                capturedFrom?: string;
                /** @description Exclusive. */
                capturedTo?: string;
                /** @description First local hour of the day; with `hourTo` below it, the hours reach over midnight. */
                hourFrom?: number;
                /** @description Last local hour of the day, included. */
                hourTo?: number;
                /** @description Whether a person has said what is on it. */
                reviewed?: boolean;
                projectId?: number;
                /** @description A human’s word counts, else that of the model which looked last; `blank`: looked at, and nothing counts. */
                category?: "animal" | "person" | "vehicle" | "blank";
                ingestId?: number;
                /** @description Of this run, and judged by its model instead of by what counts; a `label` is always one that counts. */
                runId?: number;
                /** @description The images of one event. */
                eventId?: number;
                status?: "pending" | "done" | "failed";
                /** @description Failed with this code. */
                failedReason?: string;
                /** @description Images whose time cannot be relied on, for this reason. */
                timeIssue?: "no_time" | "out_of_dates" | "dst_gap" | "dst_overlap";
                limit?: number;
                /** @description `nextCursor` of the page before. */
                cursor?: string;
                /** @description `-` is downwards. By time or confidence, images without one are not listed. */
                sort?: "id" | "-id" | "capturedAt" | "-capturedAt" | "confidence" | "-confidence";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["ImageResponse"][];
                        /** @description For the next page; null on the last one. */
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Not Modified: as it was under the ETag in If-None-Match. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    findMissingImages: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MissingImagesBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MissingImages"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    countImages: {
        parameters: {
            query?: {
                deploymentId?: number;
                /** @description Of all deployments at this location. */
                locationId?: number;
                /** @description A species, or whatever models and people call it, to the letter; with a `category`, what is called so and of it. */
                label?: string;
                /** @description Default: the threshold of the model that found it. What people say has the confidence 1. */
                minConfidence?: number;
                /** @description Images without a known time lie in no range. */
                capturedFrom?: string;
                /** @description Exclusive. */
                capturedTo?: string;
                /** @description First local hour of the day; with `hourTo` below it, the hours reach over midnight. */
                hourFrom?: number;
                /** @description Last local hour of the day, included. */
                hourTo?: number;
                /** @description Whether a person has said what is on it. */
                reviewed?: boolean;
                projectId?: number;
                /** @description A human’s word counts, else that of the model which looked last; `blank`: looked at, and nothing counts. */
                category?: "animal" | "person" | "vehicle" | "blank";
                ingestId?: number;
                /** @description Of this run, and judged by its model instead of by what counts; a `label` is always one that counts. */
                runId?: number;
                /** @description The images of one event. */
                eventId?: number;
                status?: "pending" | "done" | "failed";
                /** @description Failed with this code. */
                failedReason?: string;
                /** @description Images whose time cannot be relied on, for this reason. */
                timeIssue?: "no_time" | "out_of_dates" | "dst_gap" | "dst_overlap";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ImageCountResponse"];
                };
            };
            /** @description Not Modified: as it was under the ETag in If-None-Match. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getImage: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Of the image. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ImageResponse"];
                };
            };
            /** @description Not Modified: as it was under the ETag in If-None-Match. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    updateImage: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag that GET answered: if the present one is another, nothing is changed (412). `*`: whichever it is. */
                "If-Match"?: string;
            };
            path: {
                /** @description Of the image. */
                id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UpdateImageBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ImageResponse"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getOriginal: {
        parameters: {
            query?: {
                /** @description To be saved as a file, instead of shown. */
                download?: boolean;
            };
            header?: never;
            path: {
                /** @description Of the image. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/jpeg": Blob;
                    "image/png": Blob;
                    "image/webp": Blob;
                    "image/tiff": Blob;
                };
            };
            /** @description Partial Content */
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/jpeg": Blob;
                    "image/png": Blob;
                    "image/webp": Blob;
                    "image/tiff": Blob;
                };
            };
            /** @description Not Modified */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            410: components["responses"]["Gone"];
            416: components["responses"]["RangeNotSatisfiable"];
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getThumbnail: {
        parameters: {
            query?: {
                /** @description Draws a frame around what counts: what a person said is there, else what the model found that looked last. */
                boxes?: boolean;
                /** @description Makes people unrecognisable: whom a person says is there, and whatever a model may have taken for one, however unsure. Of someone without a box the whole picture. */
                blurPeople?: boolean;
                /** @description From which confidence on what the model found is framed; default: its threshold. */
                minConfidence?: number;
            };
            header?: never;
            path: {
                /** @description Of the image. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/jpeg": Blob;
                };
            };
            /** @description Partial Content */
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/jpeg": Blob;
                };
            };
            /** @description Not Modified */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            410: components["responses"]["Gone"];
            416: components["responses"]["RangeNotSatisfiable"];
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
            507: components["responses"]["InsufficientStorage"];
        };
    };
    getPreview: {
        parameters: {
            query?: {
                /** @description Draws a frame around what counts: what a person said is there, else what the model found that looked last. */
                boxes?: boolean;
                /** @description Makes people unrecognisable: whom a person says is there, and whatever a model may have taken for one, however unsure. Of someone without a box the whole picture. */
                blurPeople?: boolean;
                /** @description From which confidence on what the model found is framed; default: its threshold. */
                minConfidence?: number;
            };
            header?: never;
            path: {
                /** @description Of the image. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/jpeg": Blob;
                };
            };
            /** @description Partial Content */
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/jpeg": Blob;
                };
            };
            /** @description Not Modified */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            410: components["responses"]["Gone"];
            416: components["responses"]["RangeNotSatisfiable"];
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
            507: components["responses"]["InsufficientStorage"];
        };
    };
    getReview: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Of the image. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ImageReviewResponse"];
                };
            };
            /** @description Not Modified: as it was under the ETag in If-None-Match. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    setReview: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag that GET answered: if the present one is another, nothing is changed (412). `*`: whichever it is. */
                "If-Match"?: string;
            };
            path: {
                /** @description Of the image. */
                id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SetReviewBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ImageReviewResponse"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            412: components["responses"]["PreconditionFailed"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    withdrawReview: {
        parameters: {
            query?: never;
            header?: {
                /** @description The ETag that GET answered: if the present one is another, nothing is changed (412). `*`: whichever it is. */
                "If-Match"?: string;
            };
            path: {
                /** @description Of the image. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ImageReviewResponse"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            412: components["responses"]["PreconditionFailed"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listHistory: {
        parameters: {
            query?: {
                limit?: number;
                /** @description `nextCursor` of the page before. */
                cursor?: string;
            };
            header?: never;
            path: {
                /** @description Of the image. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["HistoryEntryResponse"][];
                        /** @description For the next page; null on the last one. */
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Not Modified: as it was under the ETag in If-None-Match. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    reviewImages: {
        parameters: {
            query?: never;
            header?: {
                /** @description Sent again with the same key, the request makes nothing twice; remembered for two days. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReviewImagesBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReviewBatchResponse"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    undoBatch: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UndoBatchBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReviewBatchResponse"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    undoReview: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Of the review. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ImageReviewResponse"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    redoReview: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Of the review. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ImageReviewResponse"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listReviewQueue: {
        parameters: {
            query: {
                limit?: number;
                /** @description `nextCursor` of the page before. */
                cursor?: string;
                projectId: number;
                /** @description `events`: visits that nobody has reviewed, the least sure first. `blanks`: where an animal may have been missed, the surest first. */
                kind?: "events" | "blanks";
                deploymentId?: number;
                /** @description Of all deployments at this location. */
                locationId?: number;
                /** @description Of a blank: of what the model was nearest to seeing. */
                category?: "animal" | "person" | "vehicle";
                /** @description Events that hold one of this label, to the letter. */
                label?: string;
                minConfidence?: number;
                /** @description Of the first image of the event. */
                capturedFrom?: string;
                /** @description Exclusive. */
                capturedTo?: string;
                /** @description First local hour of the day; with `hourTo` below it, the hours reach over midnight. */
                hourFrom?: number;
                /** @description Last local hour of the day, included. */
                hourTo?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["QueueEntryResponse"][];
                        /** @description For the next page; null on the last one. */
                        nextCursor: string | null;
                        /** @description How many pass the filters and are still to be reviewed, from the first on. */
                        left: number;
                    };
                };
            };
            /** @description Not Modified: as it was under the ETag in If-None-Match. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listRuns: {
        parameters: {
            query: {
                limit?: number;
                /** @description `nextCursor` of the page before. */
                cursor?: string;
                projectId: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["RunListItem"][];
                        /** @description For the next page; null on the last one. */
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Not Modified: as it was under the ETag in If-None-Match. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    createRun: {
        parameters: {
            query?: never;
            header?: {
                /** @description Sent again with the same key, the request makes nothing twice; remembered for two days. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateRunBody"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    /** @description Of what was made. */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunResponse"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    compareRuns: {
        parameters: {
            query: {
                limit?: number;
                /** @description `nextCursor` of the page before. */
                cursor?: string;
                a: number;
                b: number;
                /** @description Default: the threshold of each run's model. */
                minConfidence?: number;
                /** @description Lists only the images in which the runs differ. */
                onlyDifferent?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunComparisonResponse"];
                };
            };
            /** @description Not Modified: as it was under the ETag in If-None-Match. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getRun: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Of the run. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunResponse"];
                };
            };
            /** @description Not Modified: as it was under the ETag in If-None-Match. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    updateRun: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Of the run. */
                id: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UpdateRunBody"];
            };
        };
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunResponse"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    cancelRun: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Of the run. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunResponse"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    pauseRun: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Of the run. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunResponse"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    resumeRun: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Of the run. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunResponse"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    retryRun: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Of the run. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunResponse"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listModels: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["ModelResponse"][];
                        /** @description For the next page; null on the last one. */
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Not Modified: as it was under the ETag in If-None-Match. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getModel: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Of the model. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ModelResponse"];
                };
            };
            /** @description Not Modified: as it was under the ETag in If-None-Match. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    makeModelDefault: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Of the model. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ModelResponse"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listEvents: {
        parameters: {
            query: {
                deploymentId?: number;
                /** @description Of all deployments at this location. */
                locationId?: number;
                /** @description A species, or whatever models and people call it, to the letter; with a `category`, what is called so and of it. */
                label?: string;
                /** @description Default: the threshold of the model that found it. What people say has the confidence 1. */
                minConfidence?: number;
                /** @description Images without a known time lie in no range. */
                capturedFrom?: string;
                /** @description Exclusive. */
                capturedTo?: string;
                /** @description First local hour of the day; with `hourTo` below it, the hours reach over midnight. */
                hourFrom?: number;
                /** @description Last local hour of the day, included. */
                hourTo?: number;
                /** @description Whether a person has said what is on it. */
                reviewed?: boolean;
                projectId: number;
                category?: "animal" | "person" | "vehicle";
                limit?: number;
                /** @description `nextCursor` of the page before. */
                cursor?: string;
                /** @description `category`: visits of any animal, person or vehicle. `label`: of each species by itself, as also where a `label` is asked for. */
                groupBy?: "category" | "label";
                /** @description By their start; `-start`: newest first. Events without a known time come last in both. */
                sort?: "start" | "-start";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["EventResponse"][];
                        /** @description For the next page; null on the last one. */
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Not Modified: as it was under the ETag in If-None-Match. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getEvent: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Of the event. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EventResponse"];
                };
            };
            /** @description Not Modified: as it was under the ETag in If-None-Match. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listSequences: {
        parameters: {
            query?: {
                limit?: number;
                /** @description `nextCursor` of the page before. */
                cursor?: string;
            };
            header?: never;
            path: {
                /** @description Of the deployment. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["SequenceResponse"][];
                        /** @description For the next page; null on the last one. */
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Not Modified: as it was under the ETag in If-None-Match. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getSummary: {
        parameters: {
            query: {
                deploymentId?: number;
                /** @description Of all deployments at this location. */
                locationId?: number;
                /** @description A species, or whatever models and people call it, to the letter; with a `category`, what is called so and of it. */
                label?: string;
                /** @description Default: the threshold of the model that found it. What people say has the confidence 1. */
                minConfidence?: number;
                /** @description Images without a known time lie in no range. */
                capturedFrom?: string;
                /** @description Exclusive. */
                capturedTo?: string;
                /** @description First local hour of the day; with `hourTo` below it, the hours reach over midnight. */
                hourFrom?: number;
                /** @description Last local hour of the day, included. */
                hourTo?: number;
                /** @description Whether a person has said what is on it. */
                reviewed?: boolean;
                projectId: number;
                category?: "animal" | "person" | "vehicle";
                /** @description By animal, person and vehicle, or by what they are called. An event of a category may be of several labels: those need not add up to it. */
                groupBy?: "category" | "label";
                /** @description Of the labels, how many stand by themselves, those with the most events; the others are added up. */
                top?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SummaryResponse"];
                };
            };
            /** @description Not Modified: as it was under the ETag in If-None-Match. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getCaptures: {
        parameters: {
            query: {
                deploymentId?: number;
                /** @description Of all deployments at this location. */
                locationId?: number;
                /** @description A species, or whatever models and people call it, to the letter; with a `category`, what is called so and of it. */
                label?: string;
                /** @description Default: the threshold of the model that found it. What people say has the confidence 1. */
                minConfidence?: number;
                /** @description Images without a known time lie in no range. */
                capturedFrom?: string;
                /** @description Exclusive. */
                capturedTo?: string;
                /** @description First local hour of the day; with `hourTo` below it, the hours reach over midnight. */
                hourFrom?: number;
                /** @description Last local hour of the day, included. */
                hourTo?: number;
                /** @description Whether a person has said what is on it. */
                reviewed?: boolean;
                projectId: number;
                category?: "animal" | "person" | "vehicle";
                /** @description By animal, person and vehicle, or by what they are called. An event of a category may be of several labels: those need not add up to it. */
                groupBy?: "category" | "label";
                /** @description Of the labels, how many stand by themselves, those with the most events; the others are added up. */
                top?: number;
                /** @description Also for each deployment or location. */
                by?: "deployment" | "location";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CaptureRatesResponse"];
                };
            };
            /** @description Not Modified: as it was under the ETag in If-None-Match. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getActivity: {
        parameters: {
            query: {
                deploymentId?: number;
                /** @description Of all deployments at this location. */
                locationId?: number;
                /** @description A species, or whatever models and people call it, to the letter; with a `category`, what is called so and of it. */
                label?: string;
                /** @description Default: the threshold of the model that found it. What people say has the confidence 1. */
                minConfidence?: number;
                /** @description Images without a known time lie in no range. */
                capturedFrom?: string;
                /** @description Exclusive. */
                capturedTo?: string;
                /** @description First local hour of the day; with `hourTo` below it, the hours reach over midnight. */
                hourFrom?: number;
                /** @description Last local hour of the day, included. */
                hourTo?: number;
                /** @description Whether a person has said what is on it. */
                reviewed?: boolean;
                projectId: number;
                category?: "animal" | "person" | "vehicle";
                /** @description By animal, person and vehicle, or by what they are called. An event of a category may be of several labels: those need not add up to it. */
                groupBy?: "category" | "label";
                /** @description Of the labels, how many stand by themselves, those with the most events; the others are added up. */
                top?: number;
                /** @description `local`: the clocks of the place. `solar`: the sun over it, at its highest at 12. */
                clock?: "local" | "solar";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ActivityResponse"];
                };
            };
            /** @description Not Modified: as it was under the ETag in If-None-Match. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getTimeline: {
        parameters: {
            query: {
                deploymentId?: number;
                /** @description Of all deployments at this location. */
                locationId?: number;
                /** @description A species, or whatever models and people call it, to the letter; with a `category`, what is called so and of it. */
                label?: string;
                /** @description Default: the threshold of the model that found it. What people say has the confidence 1. */
                minConfidence?: number;
                /** @description Images without a known time lie in no range. */
                capturedFrom?: string;
                /** @description Exclusive. */
                capturedTo?: string;
                /** @description First local hour of the day; with `hourTo` below it, the hours reach over midnight. */
                hourFrom?: number;
                /** @description Last local hour of the day, included. */
                hourTo?: number;
                /** @description Whether a person has said what is on it. */
                reviewed?: boolean;
                projectId: number;
                category?: "animal" | "person" | "vehicle";
                /** @description By animal, person and vehicle, or by what they are called. An event of a category may be of several labels: those need not add up to it. */
                groupBy?: "category" | "label";
                /** @description Of the labels, how many stand by themselves, those with the most events; the others are added up. */
                top?: number;
                /** @description Weeks are those of ISO 8601. */
                by?: "day" | "week" | "month";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TimelineResponse"];
                };
            };
            /** @description Not Modified: as it was under the ETag in If-None-Match. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getPresence: {
        parameters: {
            query: {
                deploymentId?: number;
                /** @description Of all deployments at this location. */
                locationId?: number;
                /** @description A species, or whatever models and people call it, to the letter; with a `category`, what is called so and of it. */
                label?: string;
                /** @description Default: the threshold of the model that found it. What people say has the confidence 1. */
                minConfidence?: number;
                /** @description Images without a known time lie in no range. */
                capturedFrom?: string;
                /** @description Exclusive. */
                capturedTo?: string;
                /** @description First local hour of the day; with `hourTo` below it, the hours reach over midnight. */
                hourFrom?: number;
                /** @description Last local hour of the day, included. */
                hourTo?: number;
                /** @description Whether a person has said what is on it. */
                reviewed?: boolean;
                projectId: number;
                category?: "animal" | "person" | "vehicle";
                /** @description By animal, person and vehicle, or by what they are called. An event of a category may be of several labels: those need not add up to it. */
                groupBy?: "category" | "label";
                /** @description Of the labels, how many stand by themselves, those with the most events; the others are added up. */
                top?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PresenceResponse"];
                };
            };
            /** @description Not Modified: as it was under the ETag in If-None-Match. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getProcessingStatus: {
        parameters: {
            query?: {
                /** @description Default: all runs. */
                runId?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProcessingResponse"];
                };
            };
            /** @description Not Modified: as it was under the ETag in If-None-Match. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listExports: {
        parameters: {
            query: {
                limit?: number;
                /** @description `nextCursor` of the page before. */
                cursor?: string;
                projectId: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["ExportResponse"][];
                        /** @description For the next page; null on the last one. */
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Not Modified: as it was under the ETag in If-None-Match. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    createExport: {
        parameters: {
            query?: never;
            header?: {
                /** @description Sent again with the same key, the request makes nothing twice; remembered for two days. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateExportBody"];
            };
        };
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    /** @description Of what was made. */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ExportResponse"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getExport: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Of the export. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ExportResponse"];
                };
            };
            /** @description Not Modified: as it was under the ETag in If-None-Match. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    downloadExport: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Of the export. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": Blob;
                };
            };
            /** @description Partial Content */
            206: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": Blob;
                };
            };
            /** @description Not Modified */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            410: components["responses"]["Gone"];
            416: components["responses"]["RangeNotSatisfiable"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    cancelExport: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Of the export. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Accepted */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ExportResponse"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listenToFeed: {
        parameters: {
            query?: {
                /** @description Only the runs and exports of this project; incidents belong to none and come all the same. */
                projectId?: number;
                /** @description Of run, export, incident, separated by commas. Default: all. */
                topics?: string;
                /** @description The same as the header Last-Event-ID, for clients that cannot set it; the header wins. */
                lastEventId?: number;
            };
            header?: {
                /** @description The id of the last event that was received: exactly what came after it is sent. Browsers set it by themselves when they connect again. */
                "Last-Event-ID"?: number;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK: events, until the client goes. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listIncidents: {
        parameters: {
            query?: {
                limit?: number;
                /** @description `nextCursor` of the page before. */
                cursor?: string;
                /** @description `true`: only what is still wrong; `false`: only what is over. Default: both. */
                open?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["IncidentResponse"][];
                        /** @description For the next page; null on the last one. */
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Not Modified: as it was under the ETag in If-None-Match. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getIncident: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Of the incident. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IncidentResponse"];
                };
            };
            /** @description Not Modified: as it was under the ETag in If-None-Match. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getSystem: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SystemResponse"];
                };
            };
            /** @description Not Modified: as it was under the ETag in If-None-Match. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listKeys: {
        parameters: {
            query?: {
                limit?: number;
                /** @description `nextCursor` of the page before. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["KeyResponse"][];
                        /** @description For the next page; null on the last one. */
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Not Modified: as it was under the ETag in If-None-Match. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    createKey: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateKeyBody"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    /** @description Of what was made. */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreatedKeyResponse"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Of the key. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KeyResponse"];
                };
            };
            /** @description Not Modified: as it was under the ETag in If-None-Match. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    revokeKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Of the key. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listAuditLog: {
        parameters: {
            query?: {
                limit?: number;
                /** @description `nextCursor` of the page before. */
                cursor?: string;
                /** @description Only what was done with this key. */
                keyId?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: components["schemas"]["AuditEntryResponse"][];
                        /** @description For the next page; null on the last one. */
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Not Modified: as it was under the ETag in If-None-Match. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["UnprocessableEntity"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getSession: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionResponse"];
                };
            };
            /** @description Not Modified: as it was under the ETag in If-None-Match. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    signIn: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SessionBody"];
            };
        };
        responses: {
            /** @description Created */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionResponse"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    signOut: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description No Content */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getOpenApi: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OK */
            200: {
                headers: {
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
            /** @description Not Modified: as it was under the ETag in If-None-Match. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
}
