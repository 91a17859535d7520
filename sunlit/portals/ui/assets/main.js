// What pages do in the browser. Everything here only adds to pages that already work without it.
import Alpine from "@alpinejs/csp";
import htmx from "htmx.org";

import { auction } from "./js/auction.js";
import { choices } from "./js/choices.js";
import { combobox } from "./js/combobox.js";
import { compareTray } from "./js/compare.js";
import { countdown } from "./js/countdown.js";
import { dialogs } from "./js/dialogs.js";
import { filePicker } from "./js/files.js";
import { conditions, rows } from "./js/filling.js";
import { forms } from "./js/forms.js";
import { fresh } from "./js/fresh.js";
import { live } from "./js/live.js";
import { menus } from "./js/menus.js";
import { stepper } from "./js/stepper.js";
import { tabs } from "./js/tabs.js";
import { theme } from "./js/theme.js";
import { toast, toasts } from "./js/toast.js";

window.htmx = htmx;

for (const [name, component] of Object.entries({ compareTray, countdown, filePicker, rows, stepper, theme, toast })) Alpine.data(name, component);
for (const start of [auction, choices, combobox, conditions, dialogs, forms, fresh, live, menus, tabs, toasts]) start(htmx);
Alpine.start();
