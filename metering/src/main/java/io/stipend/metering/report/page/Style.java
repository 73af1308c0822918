package io.stipend.metering.report.page;

/**
 * The style sheet of every page. The colours of neighbouring series differ in lightness too, so
 * that they are told apart by the colour-blind and on paper without colour; lines differ in their
 * dashes.
 */
final class Style {
  static final String SHEET =
      """
      :root{--bg:#fff;--ink:#1a1d21;--soft:#5a6470;--rule:#d5dae0;--fill:#f4f6f8;
      --c0:#12497f;--c1:#f0a63a;--c2:#17765a;--c3:#e6a8cb;--c4:#b3410f;--c5:#86c8ef;--c6:#6b7280;
      --band:#12497f33}
      @media (prefers-color-scheme:dark){:root{--bg:#14171b;--ink:#e6e9ed;--soft:#a3adb8;
      --rule:#38404a;--fill:#1d2228;--c0:#5aa2e6;--c1:#f7cf8b;--c2:#2a9d78;--c3:#f3c9de;
      --c4:#e0703c;--c5:#bfe4fb;--c6:#8b95a1;--band:#5aa2e640}}
      @media print{:root{--bg:#fff;--ink:#000;--soft:#333;--rule:#bbb;--fill:#fff;
      --c0:#12497f;--c1:#f0a63a;--c2:#17765a;--c3:#e6a8cb;--c4:#b3410f;--c5:#86c8ef;--c6:#6b7280;
      --band:#12497f33}}
      *{box-sizing:border-box}
      body{margin:0;background:var(--bg);color:var(--ink);line-height:1.45;
      font:15px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans",sans-serif}
      main{max-width:1120px;margin:0 auto;padding:24px 16px 48px}
      h1{font-size:1.6rem;line-height:1.2;margin:0 0 16px}
      h2{font-size:1.1rem;margin:32px 0 4px}
      p{margin:4px 0 8px;max-width:75ch;color:var(--soft)}
      .facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(190px,1fr));gap:8px 24px;
      margin:0 0 8px;padding:12px 16px;background:var(--fill);border:1px solid var(--rule);
      border-radius:6px}
      .facts dt{font-size:.8rem;color:var(--soft)}
      .facts dd{margin:0;overflow-wrap:anywhere;font-variant-numeric:tabular-nums}
      .scroll{overflow-x:auto;border:1px solid var(--rule);border-radius:6px;margin-top:8px}
      .scroll:focus-visible{outline:2px solid var(--c0)}
      table{border-collapse:separate;border-spacing:0;width:100%;font-size:.9rem}
      th,td{padding:5px 9px;text-align:left;border-bottom:1px solid var(--rule);
      vertical-align:top;font-weight:400}
      thead th{font-size:.8rem;color:var(--soft);background:var(--fill);vertical-align:bottom}
      tbody tr:last-child>*{border-bottom:0}
      tfoot>tr>*{border-top:2px solid var(--rule);border-bottom:0;font-weight:600}
      td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
      td.t,th.t{white-space:nowrap;font-variant-numeric:tabular-nums}
      thead th.n{white-space:normal}
      th[scope=row]{position:sticky;left:0;background:var(--bg);min-width:6.5rem;max-width:40vw;
      overflow-wrap:anywhere}
      figure{margin:28px 0 0}
      figcaption{font-weight:600;margin-bottom:6px}
      svg{display:block;max-width:100%}
      svg.wide,svg.narrow{height:auto;font-size:12px}
      svg.narrow{display:none;width:100%;max-width:480px}
      svg text{fill:var(--soft)}
      svg .label{fill:var(--ink)}
      .grid{stroke:var(--rule)}
      .axis{stroke:var(--soft)}
      .track{fill:var(--fill)}
      .s0{fill:var(--c0)}.s1{fill:var(--c1)}.s2{fill:var(--c2)}.s3{fill:var(--c3)}
      .s4{fill:var(--c4)}.s5{fill:var(--c5)}.s6{fill:var(--c6)}
      .l0,.l1,.l2,.l3,.l4,.l5,.l6{fill:none;stroke-width:2;stroke-linejoin:round}
      .l0{stroke:var(--c0);stroke-width:3}.l1{stroke:var(--c4);stroke-dasharray:7 4}
      .l2{stroke:var(--c2);stroke-dasharray:2 4}.l3{stroke:var(--c3)}
      .l4{stroke:var(--c6);stroke-dasharray:4 4}.l5{stroke:var(--c5)}.l6{stroke:var(--c1)}
      .band{fill:var(--band)}
      .legend{list-style:none;display:flex;flex-wrap:wrap;gap:4px 18px;margin:8px 0 0;padding:0;
      font-size:.85rem;color:var(--soft)}
      .legend svg{display:inline-block;vertical-align:-1px}
      .notes{margin-top:40px;border-top:1px solid var(--rule);font-size:.9rem}
      @media (max-width:860px){svg.wide{display:none}svg.narrow{display:block}
      main{padding:16px 16px 32px}h1{font-size:1.35rem}th,td{padding:5px 8px}
      .facts{grid-template-columns:repeat(auto-fill,minmax(150px,1fr))}}
      @media print{body{font-size:10pt}main{max-width:none;padding:0}
      .scroll{overflow:visible;border:0}figure,tr{break-inside:avoid}
      th[scope=row]{position:static}h2{break-after:avoid}thead{display:table-header-group}
      svg.wide{display:block}svg.narrow{display:none}}
      """;

  private Style() {}
}
