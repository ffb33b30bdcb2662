import { queryOptions } from "@tanstack/react-query";
import { client, read } from "@/api/client";
import { sendBare } from "@/api/send";

/** Whether the server waits for its first account. */
export const setupQuery = queryOptions({
  queryKey: ["setup"],
  queryFn: ({ signal }) => read(client.GET("/api/v1/setup", { signal, fetch: sendBare })),
  retry: false,
});

/** Whether anybody may make an account. */
export const registrationQuery = queryOptions({
  queryKey: ["registration"],
  queryFn: ({ signal }) => read(client.GET("/api/v1/registration", { signal, fetch: sendBare })),
  retry: false,
});
