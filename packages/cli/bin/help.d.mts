export declare const help: string
