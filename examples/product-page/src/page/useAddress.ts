import { useCallback, useEffect, useState } from "react";

/** What the address bar says is shown: a product, or null for none; a store, or null for any. */
export type Place = { sku: string | null; storeId: string | null };

function here(): Place {
  const words = new URLSearchParams(window.location.search);
  return { sku: words.get("sku"), storeId: words.get("store") };
}

/** The place shown, and how to go to another; the browser's back button works. */
export function useAddress(): [Place, (place: Place) => void] {
  const [place, setPlace] = useState(here);

  useEffect(() => {
    const follow = () => setPlace(here());
    window.addEventListener("popstate", follow);
    return () => window.removeEventListener("popstate", follow);
  }, []);

  const goTo = useCallback((next: Place) => {
    const words = new URLSearchParams();
    if (next.sku !== null) words.set("sku", next.sku);
    if (next.storeId !== null) words.set("store", next.storeId);
    window.history.pushState(null, "", `?${words}`);
    setPlace((before) => {
      if (before.sku !== next.sku) window.scrollTo({ top: 0 });
      return next;
    });
  }, []);

  return [place, goTo];
}
