import { useMutation, useQueryClient } from "@tanstack/react-query";
import { client, ifMatch, once, read, WORKSPACE } from "@/api/client";
import { CARDS } from "@/api/keys";
import { sentence } from "@/api/problem";
import type { Case, CaseContent } from "@/api/types";
import { toast, toastFailure } from "@/components/toasts";
import { casesKey } from "./queries";

/** What has to be read anew after a change of cases: their lists, and the cards that count them. */
function useRefresh(suiteId: string) {
  const queryClient = useQueryClient();
  return () =>
    Promise.all([
      queryClient.invalidateQueries({ queryKey: casesKey(suiteId) }),
      queryClient.invalidateQueries({ queryKey: CARDS }),
    ]);
}

export function useAddCase(suiteId: string) {
  const refresh = useRefresh(suiteId);
  return useMutation({
    mutationFn: (content: CaseContent) =>
      read(
        client.POST("/api/v1/workspaces/{ws}/suites/{suite}/cases", {
          params: { path: { ...WORKSPACE, suite: suiteId }, header: once() },
          body: content,
        }),
      ),
    onSuccess: refresh,
  });
}

export function useSaveCase(suiteId: string, caseId: string) {
  const refresh = useRefresh(suiteId);
  return useMutation({
    mutationFn: ({ content, etag }: { content: CaseContent; etag: string }) =>
      read(
        client.PUT("/api/v1/workspaces/{ws}/suites/{suite}/cases/{case}", {
          params: { path: { ...WORKSPACE, suite: suiteId, case: caseId }, header: ifMatch(etag) },
          body: content,
        }),
      ),
    onSuccess: refresh,
  });
}

/** Deletes a case; its toast brings it back. */
export function useDeleteCase(suiteId: string) {
  const refresh = useRefresh(suiteId);
  function params(item: Case) {
    return { path: { ...WORKSPACE, suite: suiteId, case: item.id } };
  }
  return useMutation({
    mutationFn: (item: Case) =>
      read(
        client.DELETE("/api/v1/workspaces/{ws}/suites/{suite}/cases/{case}", {
          params: { ...params(item), header: ifMatch(item.etag) },
        }),
      ),
    onSuccess: async (_, item) => {
      await refresh();
      toast(`Case ${item.position} deleted.`, {
        undo: () => {
          read(
            client.POST("/api/v1/workspaces/{ws}/suites/{suite}/cases/{case}/restore", {
              params: params(item),
            }),
          )
            .then(refresh)
            .catch((error: unknown) => toastFailure(`The case is not back. ${sentence(error)}`));
        },
      });
    },
    onError: (error) => toastFailure(`The case was not deleted. ${sentence(error)}`),
  });
}

export function useImportCases(suiteId: string) {
  const refresh = useRefresh(suiteId);
  return useMutation({
    mutationFn: (items: CaseContent[]) =>
      read(
        client.POST("/api/v1/workspaces/{ws}/suites/{suite}/cases/import", {
          params: { path: { ...WORKSPACE, suite: suiteId }, header: once() },
          body: { items },
        }),
      ),
    onSuccess: refresh,
  });
}
