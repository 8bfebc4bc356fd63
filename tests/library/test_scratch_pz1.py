import json, shutil, zipfile
from tests.library.test_beside_spec_kit import *
from tests.library.test_beside_spec_kit import pytestmark

for _n in [n for n in dir() if n.startswith("test_")]:
    del globals()[_n]

def test_scratch(beside, tmp_path, offer, site, monkeypatch):
    def show(*words, answer=""):
        code, found = beside.differences(*words, answer=answer)
        print("##", words, int(code), found)
        if "said" in found: print("   ours", beside.said, "\n   theirs", beside.other_said)
        if found:
            print("   OURS>", beside.talk.strip()[-400:].replace("\n","\n        "))
            print("   THEIRS>", beside.other_talk.strip()[-400:].replace("\n","\n        "))
    def reset():
        for f in beside.folders:
            shutil.rmtree(f/".specify"); (f/".specify").mkdir()
    (tmp_path/"flow.yml").write_text(flow())
    reset(); print("===== catalogs")
    a=offer("1.0.0")
    show("catalog","list"); show("catalog","add","http://example.com/x.json"); show("catalog","add",a); show("catalog","add",a); show("catalog","add",a,"--name","x"); show("catalog","remove","4"); show("catalog","remove","-1")
    show("catalog", "add", "https://127.0.0.1:1/c.json"); show("search"); show("info","nightly"); show("info","nightly","--versions"); show("add","nightly","--version","1.0.0"); show("add","nightly","--version","1.2.0")
    show("remove","nightly")
    url=site.put("/x.yml", flow())
    show("add", url); show("add","nightly","--from",url, answer="y\n"); show("add","other","--from",url,answer="y\n"); show("add","nightly","--from",url)
    show("remove","nightly")
    show("add","nightly"); 
    site.put("/nightly-2.0.0.yml", flow(version="2.0.0")); site.catalog({"nightly":{"name":"N","version":"2.0.0","url":site.url+"/nightly-2.0.0.yml"}})
    show("update","nightly",answer="y\n")
    beside.forget_catalogs(); show("update","nightly"); beside.forget_catalogs(); show("update","nightly",answer="n\n")
    reset(); print("===== add")
    (tmp_path/"d").mkdir(); (tmp_path/"d"/"workflow.yml").write_text(flow()); (tmp_path/"d"/"a.sh").write_text("true\n"); (tmp_path/"d"/"a.sh").chmod(0o755)
    (tmp_path/"d"/"sub").mkdir(); (tmp_path/"d"/"sub"/".hidden").write_text("x"); (tmp_path/"d"/".git").mkdir(); (tmp_path/"d"/".git"/"x").write_text("x"); (tmp_path/"d"/"__pycache__").mkdir(); (tmp_path/"d"/"__pycache__"/"x.pyc").write_text("x")
    show("add","../d"); show("add","--dev","../d"); show("add","../flow.yml"); show("remove","nightly")
    (tmp_path/"bad.yml").write_text(flow().replace("run: \"false\"","rum: x")); show("add","../bad.yml")
    (tmp_path/"bad2.yml").write_text(flow().replace("inputs.target }}","inputs.tarket }}")); show("add","../bad2.yml")
    show("remove","nightly"); show("add","nope.yml"); show("add","../nope"); show("add","Nope!"); 
    reset()
    for f in beside.folders:
        (f/".specify/workflows/loose").mkdir(parents=True); (f/".specify/workflows/loose/workflow.yml").write_text(flow("loose"))
    show("list"); show("run","loose"); show("info","loose"); show("resolve","loose"); show("disable","loose"); show("remove","loose")
    show("run","nightly","--input","nope=1")
    show("status")
    show("status","nope")
